//! Makes up people, with families and firms, and the cards that others have of them: the same
//! seed, the same people.

#![allow(dead_code)]

use std::fmt::Write as _;

/// A card and whose it is.
pub struct Labelled {
    pub uid: String,
    pub person: usize,
    pub card: String,
}

/// Numbers that look random (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
    /// The first ones far more often than the last ones, as it is with names.
    fn popular<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len()) * self.below(1000) / 1000;
        &all[at]
    }
}

struct Land {
    /// Given names: male ones first; as written, in Latin letters, a short form.
    given: &'static [(&'static str, &'static str, &'static str)],
    males: usize,
    family: &'static [(&'static str, &'static str)],
    /// Syllables of rarer family names.
    parts: [&'static [&'static str]; 3],
    towns: &'static [(&'static str, &'static str)],
    streets: &'static [&'static str],
    code: &'static str,
}

const LANDS: [Land; 7] = [
    Land {
        given: &[
            ("James", "James", "Jim"),
            ("Robert", "Robert", "Bob"),
            ("William", "William", "Bill"),
            ("Michael", "Michael", "Mike"),
            ("Richard", "Richard", "Dick"),
            ("Thomas", "Thomas", "Tom"),
            ("Daniel", "Daniel", "Dan"),
            ("Edward", "Edward", "Ted"),
            ("Joseph", "Joseph", "Joe"),
            ("Andrew", "Andrew", "Andy"),
            ("Anthony", "Anthony", "Tony"),
            ("Kevin", "Kevin", "Kev"),
            ("Elizabeth", "Elizabeth", "Liz"),
            ("Margaret", "Margaret", "Peggy"),
            ("Katherine", "Katherine", "Kate"),
            ("Jennifer", "Jennifer", "Jenny"),
            ("Patricia", "Patricia", "Pat"),
            ("Susan", "Susan", "Sue"),
            ("Rebecca", "Rebecca", "Becky"),
            ("Deborah", "Deborah", "Debbie"),
            ("Victoria", "Victoria", "Vicky"),
            ("Emily", "Emily", "Em"),
            ("Daniela", "Daniela", "Dani"),
            ("Joan", "Joan", "Joanie"),
        ],
        males: 12,
        family: &[
            ("Smith", "Smith"),
            ("Jones", "Jones"),
            ("Brown", "Brown"),
            ("Taylor", "Taylor"),
            ("Wilson", "Wilson"),
            ("Johnson", "Johnson"),
            ("Davies", "Davies"),
            ("O'Brien", "O'Brien"),
            ("Wright", "Wright"),
            ("Thompson", "Thompson"),
            ("Walker", "Walker"),
            ("White", "White"),
            ("Clarke", "Clarke"),
            ("MacDonald", "MacDonald"),
            ("Reynolds", "Reynolds"),
            ("Fitzgerald", "Fitzgerald"),
        ],
        parts: [
            &[
                "Ash", "Brad", "Cal", "Dun", "El", "Farn", "Gra", "Hol", "Kirk", "Lang", "Mor",
                "Nor", "Pem", "Rad", "Stan", "Thorn", "Whit", "Wood",
            ],
            &["", "er", "ing", "le", "ber", "ken"],
            &["ton", "ley", "ford", "worth", "ham", "well", "by", "field", "combe", "wick"],
        ],
        towns: &[
            ("Springfield", "62701"),
            ("Madison", "53703"),
            ("Portland", "97201"),
            ("Dayton", "45402"),
            ("Salem", "97301"),
            ("Austin", "78701"),
        ],
        streets: &[
            "Main Street",
            "Oak Avenue",
            "Maple Drive",
            "Park Road",
            "Cedar Lane",
            "Hill Street",
            "Lake Road",
            "River Road",
            "Church Street",
            "Mill Lane",
        ],
        code: "+1",
    },
    Land {
        given: &[
            ("Johannes", "Johannes", "Hannes"),
            ("Jürgen", "Juergen", "Jürgen"),
            ("Friedrich", "Friedrich", "Fritz"),
            ("Wolfgang", "Wolfgang", "Wolf"),
            ("Maximilian", "Maximilian", "Max"),
            ("Günther", "Guenther", "Günter"),
            ("Christian", "Christian", "Chris"),
            ("Sebastian", "Sebastian", "Basti"),
            ("Björn", "Bjoern", "Björn"),
            ("Katharina", "Katharina", "Kathi"),
            ("Elisabeth", "Elisabeth", "Lisa"),
            ("Käthe", "Kaethe", "Käthe"),
            ("Stefanie", "Stefanie", "Steffi"),
            ("Ulrike", "Ulrike", "Uli"),
            ("Christina", "Christina", "Tina"),
            ("Susanne", "Susanne", "Susi"),
            ("Monika", "Monika", "Moni"),
            ("Renate", "Renate", "Nati"),
        ],
        males: 9,
        family: &[
            ("Müller", "Mueller"),
            ("Schmidt", "Schmidt"),
            ("Schneider", "Schneider"),
            ("Weiß", "Weiss"),
            ("Schröder", "Schroeder"),
            ("Krüger", "Krueger"),
            ("von Bülow", "von Buelow"),
            ("Meyer", "Meyer"),
            ("Groß", "Gross"),
            ("Kühn", "Kuehn"),
            ("Schäfer", "Schaefer"),
            ("Hofmann", "Hofmann"),
        ],
        parts: [
            &[
                "Acker", "Berg", "Buch", "Eich", "Feld", "Gold", "Hagen", "Kirch", "Linden",
                "Nieder", "Ober", "Rosen", "Stein", "Wald",
            ],
            &["", "en", "er"],
            &[
                "mann", "bauer", "meier", "hofer", "berger", "bach", "müller", "hardt", "burg",
                "stein",
            ],
        ],
        towns: &[
            ("Köln", "50667"),
            ("München", "80331"),
            ("Berlin", "10115"),
            ("Göttingen", "37073"),
            ("Lübeck", "23552"),
            ("Ulm", "89073"),
        ],
        streets: &[
            "Hauptstraße",
            "Bahnhofstraße",
            "Gartenweg",
            "Schillerstraße",
            "Lindenallee",
            "Am Markt",
            "Goethestraße",
            "Kirchgasse",
        ],
        code: "+49",
    },
    Land {
        given: &[
            ("Francisco", "Francisco", "Paco"),
            ("José", "Jose", "Pepe"),
            ("Ignacio", "Ignacio", "Nacho"),
            ("Rafael", "Rafael", "Rafa"),
            ("Enrique", "Enrique", "Quique"),
            ("Andrés", "Andres", "Andrés"),
            ("Dolores", "Dolores", "Lola"),
            ("Concepción", "Concepcion", "Concha"),
            ("Teresa", "Teresa", "Tere"),
            ("Josefina", "Josefina", "Pepa"),
            ("María", "Maria", "Maruja"),
            ("Inés", "Ines", "Inés"),
        ],
        males: 6,
        family: &[
            ("García Márquez", "Garcia Marquez"),
            ("Fernández", "Fernandez"),
            ("López", "Lopez"),
            ("Muñoz", "Munoz"),
            ("de la Cruz", "de la Cruz"),
            ("Núñez", "Nunez"),
            ("Ibáñez", "Ibanez"),
            ("Peña", "Pena"),
        ],
        parts: [
            &["Al", "Bar", "Cas", "Del", "Es", "Guz", "Mon", "Ol", "Riv", "Sal", "Tor", "Val"],
            &["a", "e", "i", "o", "ar", "er"],
            &["rez", "món", "dero", "llano", "tín", "nado", "guez", "mora"],
        ],
        towns: &[
            ("Málaga", "29001"),
            ("Sevilla", "41001"),
            ("Cádiz", "11001"),
            ("Logroño", "26001"),
        ],
        streets: &["Calle Mayor", "Calle Real", "Avenida del Sol", "Plaza Nueva", "Calle Sierpes"],
        code: "+34",
    },
    Land {
        given: &[
            ("Александр", "Aleksandr", "Саша"),
            ("Дмитрий", "Dmitry", "Дима"),
            ("Михаил", "Mikhail", "Миша"),
            ("Евгений", "Evgeny", "Женя"),
            ("Сергей", "Sergey", "Сергей"),
            ("Иван", "Ivan", "Ваня"),
            ("Екатерина", "Ekaterina", "Катя"),
            ("Мария", "Maria", "Маша"),
            ("Анастасия", "Anastasia", "Настя"),
            ("Юлия", "Yulia", "Юля"),
            ("Татьяна", "Tatiana", "Таня"),
            ("Ольга", "Olga", "Оля"),
        ],
        males: 6,
        family: &[
            ("Иванов", "Ivanov"),
            ("Петров", "Petrov"),
            ("Кузнецов", "Kuznetsov"),
            ("Соловьёв", "Solovyov"),
            ("Щербаков", "Shcherbakov"),
            ("Чайковский", "Tchaikovsky"),
            ("Журавлёв", "Zhuravlev"),
            ("Яковлев", "Yakovlev"),
        ],
        parts: [
            &[
                "Бел", "Вол", "Гор", "Дол", "Зим", "Кар", "Лог", "Мал", "Нов", "Остр", "Пет",
                "Рат", "Сав", "Тар",
            ],
            &["о", "а", "и", "е"],
            &["нов", "лев", "ский", "вин", "рин", "тов", "мин", "нко"],
        ],
        towns: &[("Москва", "101000"), ("Казань", "420000"), ("Томск", "634000")],
        streets: &["улица Ленина", "улица Мира", "Садовая улица", "Невский проспект"],
        code: "+7",
    },
    Land {
        given: &[
            ("Γιώργος", "Giorgos", "Γιώργος"),
            ("Δημήτρης", "Dimitris", "Δημήτρης"),
            ("Κωνσταντίνος", "Konstantinos", "Κώστας"),
            ("Ελένη", "Eleni", "Λένα"),
            ("Μαρία", "Maria", "Μαρία"),
            ("Αικατερίνη", "Aikaterini", "Κατερίνα"),
        ],
        males: 3,
        family: &[
            ("Παπαδόπουλος", "Papadopoulos"),
            ("Γεωργίου", "Georgiou"),
            ("Νικολαΐδης", "Nikolaidis"),
            ("Αντωνίου", "Antoniou"),
        ],
        parts: [
            &["Καρα", "Μαρ", "Πετρ", "Σταυρ", "Χριστ", "Αθαν", "Βασιλ"],
            &["", "α", "ο"],
            &["κης", "ίδης", "όπουλος", "άκης", "ίου"],
        ],
        towns: &[("Αθήνα", "10431"), ("Πάτρα", "26221")],
        streets: &["Ερμού", "Σταδίου", "Αθηνάς"],
        code: "+30",
    },
    Land {
        given: &[
            ("محمد", "Mohammed", "محمد"),
            ("خالد", "Khaled", "خالد"),
            ("يوسف", "Youssef", "يوسف"),
            ("فاطمة", "Fatima", "فاطمة"),
            ("مريم", "Maryam", "مريم"),
            ("سلمى", "Salma", "سلمى"),
        ],
        males: 3,
        family: &[
            ("حسن", "Hassan"),
            ("الشريف", "El Sharif"),
            ("منصور", "Mansour"),
            ("خليل", "Khalil"),
        ],
        parts: [
            &["Ba", "Ha", "Ja", "Ka", "Ma", "Na", "Ra", "Sa", "Za"],
            &["bi", "di", "li", "mi", "sh"],
            &["b", "d", "m", "n", "r", "fi"],
        ],
        towns: &[("القاهرة", "11511"), ("عمّان", "11110")],
        streets: &["شارع النيل", "شارع التحرير"],
        code: "+20",
    },
    Land {
        given: &[
            ("伟", "Wei", "伟"),
            ("小明", "Xiaoming", "小明"),
            ("志强", "Zhiqiang", "志强"),
            ("丽", "Li", "丽"),
            ("秀英", "Xiuying", "秀英"),
            ("静", "Jing", "静"),
        ],
        males: 3,
        family: &[
            ("王", "Wang"),
            ("李", "Li"),
            ("张", "Zhang"),
            ("刘", "Liu"),
            ("陈", "Chen"),
            ("黄", "Huang"),
            ("周", "Zhou"),
        ],
        parts: [&["Bao", "Cai", "Deng", "Fang", "Gao", "Han", "Jin", "Kong"], &[""], &["", "ge"]],
        towns: &[("北京", "100000"), ("上海", "200000")],
        streets: &["南京路", "中山路", "人民路"],
        code: "+86",
    },
];

/// Further given names: male ones, then female ones; as written and in Latin letters.
const MORE: [[&[(&str, &str)]; 2]; 7] = [
    [
        &[
            ("John", "John"),
            ("David", "David"),
            ("Charles", "Charles"),
            ("Christopher", "Christopher"),
            ("Matthew", "Matthew"),
            ("Mark", "Mark"),
            ("Paul", "Paul"),
            ("Steven", "Steven"),
            ("George", "George"),
            ("Kenneth", "Kenneth"),
            ("Brian", "Brian"),
            ("Ronald", "Ronald"),
            ("Jason", "Jason"),
            ("Gary", "Gary"),
            ("Timothy", "Timothy"),
            ("Jeffrey", "Jeffrey"),
            ("Ryan", "Ryan"),
            ("Jacob", "Jacob"),
            ("Nicholas", "Nicholas"),
            ("Eric", "Eric"),
            ("Stephen", "Stephen"),
            ("Jonathan", "Jonathan"),
            ("Larry", "Larry"),
            ("Justin", "Justin"),
            ("Scott", "Scott"),
            ("Brandon", "Brandon"),
            ("Benjamin", "Benjamin"),
            ("Samuel", "Samuel"),
            ("Gregory", "Gregory"),
            ("Frank", "Frank"),
            ("Raymond", "Raymond"),
            ("Patrick", "Patrick"),
            ("Jack", "Jack"),
            ("Dennis", "Dennis"),
            ("Jerry", "Jerry"),
        ],
        &[
            ("Mary", "Mary"),
            ("Linda", "Linda"),
            ("Barbara", "Barbara"),
            ("Sarah", "Sarah"),
            ("Karen", "Karen"),
            ("Lisa", "Lisa"),
            ("Nancy", "Nancy"),
            ("Betty", "Betty"),
            ("Sandra", "Sandra"),
            ("Ashley", "Ashley"),
            ("Kimberly", "Kimberly"),
            ("Donna", "Donna"),
            ("Michelle", "Michelle"),
            ("Carol", "Carol"),
            ("Amanda", "Amanda"),
            ("Melissa", "Melissa"),
            ("Stephanie", "Stephanie"),
            ("Laura", "Laura"),
            ("Sharon", "Sharon"),
            ("Cynthia", "Cynthia"),
            ("Amy", "Amy"),
            ("Angela", "Angela"),
            ("Helen", "Helen"),
            ("Anna", "Anna"),
            ("Brenda", "Brenda"),
            ("Pamela", "Pamela"),
            ("Nicole", "Nicole"),
            ("Ruth", "Ruth"),
            ("Virginia", "Virginia"),
            ("Rachel", "Rachel"),
            ("Heather", "Heather"),
            ("Diane", "Diane"),
            ("Julie", "Julie"),
            ("Joyce", "Joyce"),
            ("Maria", "Maria"),
            ("Mario", "Mario"),
        ],
    ],
    [
        &[
            ("Hans", "Hans"),
            ("Peter", "Peter"),
            ("Klaus", "Klaus"),
            ("Michael", "Michael"),
            ("Thomas", "Thomas"),
            ("Andreas", "Andreas"),
            ("Stefan", "Stefan"),
            ("Markus", "Markus"),
            ("Martin", "Martin"),
            ("Frank", "Frank"),
            ("Bernd", "Bernd"),
            ("Uwe", "Uwe"),
            ("Rainer", "Rainer"),
            ("Dieter", "Dieter"),
            ("Horst", "Horst"),
            ("Manfred", "Manfred"),
            ("Jan", "Jan"),
            ("Tim", "Tim"),
            ("Lukas", "Lukas"),
            ("Felix", "Felix"),
            ("Jonas", "Jonas"),
            ("Paul", "Paul"),
            ("Tobias", "Tobias"),
            ("Florian", "Florian"),
            ("Philipp", "Philipp"),
            ("Matthias", "Matthias"),
            ("Oliver", "Oliver"),
            ("Ralf", "Ralf"),
            ("Holger", "Holger"),
            ("Torsten", "Torsten"),
        ],
        &[
            ("Anna", "Anna"),
            ("Maria", "Maria"),
            ("Petra", "Petra"),
            ("Sabine", "Sabine"),
            ("Karin", "Karin"),
            ("Ursula", "Ursula"),
            ("Gabriele", "Gabriele"),
            ("Andrea", "Andrea"),
            ("Birgit", "Birgit"),
            ("Heike", "Heike"),
            ("Claudia", "Claudia"),
            ("Martina", "Martina"),
            ("Silke", "Silke"),
            ("Nicole", "Nicole"),
            ("Sandra", "Sandra"),
            ("Julia", "Julia"),
            ("Laura", "Laura"),
            ("Lena", "Lena"),
            ("Sophie", "Sophie"),
            ("Hannah", "Hannah"),
            ("Lea", "Lea"),
            ("Johanna", "Johanna"),
            ("Franziska", "Franziska"),
            ("Ingrid", "Ingrid"),
            ("Helga", "Helga"),
            ("Gisela", "Gisela"),
            ("Brigitte", "Brigitte"),
            ("Angelika", "Angelika"),
            ("Barbara", "Barbara"),
            ("Silvia", "Silvia"),
        ],
    ],
    [
        &[
            ("Antonio", "Antonio"),
            ("Manuel", "Manuel"),
            ("David", "David"),
            ("Juan", "Juan"),
            ("Javier", "Javier"),
            ("Daniel", "Daniel"),
            ("Carlos", "Carlos"),
            ("Miguel", "Miguel"),
            ("Alejandro", "Alejandro"),
            ("Pablo", "Pablo"),
            ("Sergio", "Sergio"),
            ("Jorge", "Jorge"),
            ("Alberto", "Alberto"),
            ("Luis", "Luis"),
            ("Pedro", "Pedro"),
            ("Diego", "Diego"),
            ("Fernando", "Fernando"),
            ("Ramón", "Ramón"),
            ("Ángel", "Ángel"),
            ("Raúl", "Raúl"),
        ],
        &[
            ("Carmen", "Carmen"),
            ("Ana", "Ana"),
            ("Isabel", "Isabel"),
            ("Laura", "Laura"),
            ("Cristina", "Cristina"),
            ("Marta", "Marta"),
            ("Lucía", "Lucía"),
            ("Paula", "Paula"),
            ("Elena", "Elena"),
            ("Pilar", "Pilar"),
            ("Rosa", "Rosa"),
            ("Sara", "Sara"),
            ("Raquel", "Raquel"),
            ("Silvia", "Silvia"),
            ("Patricia", "Patricia"),
            ("Beatriz", "Beatriz"),
            ("Julia", "Julia"),
            ("Andrea", "Andrea"),
            ("Nuria", "Nuria"),
            ("Rocío", "Rocío"),
        ],
    ],
    [
        &[
            ("Алексей", "Alexey"),
            ("Андрей", "Andrey"),
            ("Николай", "Nikolay"),
            ("Павел", "Pavel"),
            ("Владимир", "Vladimir"),
            ("Максим", "Maxim"),
            ("Антон", "Anton"),
            ("Олег", "Oleg"),
            ("Роман", "Roman"),
            ("Виктор", "Viktor"),
        ],
        &[
            ("Елена", "Elena"),
            ("Наталья", "Natalia"),
            ("Ирина", "Irina"),
            ("Светлана", "Svetlana"),
            ("Анна", "Anna"),
            ("Людмила", "Lyudmila"),
            ("Ксения", "Ksenia"),
            ("Дарья", "Daria"),
            ("Вера", "Vera"),
            ("Полина", "Polina"),
        ],
    ],
    [
        &[
            ("Νίκος", "Nikos"),
            ("Ιωάννης", "Ioannis"),
            ("Παναγιώτης", "Panagiotis"),
            ("Βασίλης", "Vasilis"),
            ("Σπύρος", "Spyros"),
            ("Θανάσης", "Thanasis"),
        ],
        &[
            ("Σοφία", "Sofia"),
            ("Άννα", "Anna"),
            ("Βασιλική", "Vasiliki"),
            ("Ειρήνη", "Irini"),
            ("Δέσποινα", "Despina"),
            ("Ζωή", "Zoi"),
        ],
    ],
    [
        &[
            ("أحمد", "Ahmed"),
            ("علي", "Ali"),
            ("عمر", "Omar"),
            ("إبراهيم", "Ibrahim"),
            ("مصطفى", "Mostafa"),
            ("طارق", "Tarek"),
            ("كريم", "Karim"),
        ],
        &[
            ("عائشة", "Aisha"),
            ("زينب", "Zainab"),
            ("ليلى", "Layla"),
            ("نور", "Nour"),
            ("هدى", "Huda"),
            ("سارة", "Sara"),
            ("رنا", "Rana"),
        ],
    ],
    [
        &[
            ("磊", "Lei"),
            ("军", "Jun"),
            ("勇", "Yong"),
            ("杰", "Jie"),
            ("建国", "Jianguo"),
            ("国强", "Guoqiang"),
            ("文博", "Wenbo"),
            ("浩然", "Haoran"),
        ],
        &[
            ("敏", "Min"),
            ("芳", "Fang"),
            ("娜", "Na"),
            ("玉兰", "Yulan"),
            ("桂英", "Guiying"),
            ("雪梅", "Xuemei"),
            ("婷婷", "Tingting"),
            ("思雨", "Siyu"),
        ],
    ],
];

/// How often people of each land come up, in percent.
const SHARES: [usize; 7] = [45, 22, 11, 9, 4, 4, 5];

#[derive(Clone)]
struct Name {
    own: String,
    latin: String,
    short: String,
}

#[derive(Clone)]
struct Home {
    street: String,
    house: String,
    town: String,
    code: String,
    phone: String,
    mail: Option<String>,
}

struct Firm {
    name: String,
    domain: String,
    phone: String,
    home: Home,
}

struct Human {
    land: usize,
    given: Name,
    middle: Option<String>,
    family: Name,
    married: Option<Name>,
    suffix: &'static str,
    birth: (usize, usize, usize),
    home: Home,
    moved: Home,
    mobile: String,
    mails: [String; 2],
    job: Option<(usize, String, String)>,
}

const FREE: [&str; 6] = ["gmail.com", "gmx.de", "outlook.com", "yahoo.com", "icloud.com", "web.de"];
const TITLES: [&str; 8] =
    ["Manager", "Engineer", "Sales", "Director", "Assistant", "Buyer", "Accountant", "Nurse"];

/// `count` cards or a few more.
pub fn cards(count: usize, seed: u64) -> Vec<Labelled> {
    let mut dice = Dice::new(seed);
    let mut made = Vec::with_capacity(count + 8);
    let mut person = 0;
    let mut firms: Vec<Firm> = Vec::new();
    while made.len() < count {
        if firms.len() < 5 || dice.chance(6) {
            let firm = firm(&mut dice);
            for copy in 0..1 + usize::from(dice.chance(25)) {
                let card = firm_card(&firm, &mut dice, copy > 0);
                push(&mut made, person, &card);
            }
            person += 1;
            firms.push(firm);
        }
        for human in household(&mut dice, &firms) {
            let copies = match dice.below(100) {
                0..60 => 1,
                60..90 => 2,
                90..98 => 3,
                _ => 4,
            };
            for copy in 0..copies {
                let card = card(&human, &firms, &mut dice, copy);
                push(&mut made, person, &card);
            }
            person += 1;
        }
    }
    // As in life, cards of one person do not stand next to each other.
    for at in (1..made.len()).rev() {
        made.swap(at, dice.below(at + 1));
    }
    made
}

fn push(made: &mut Vec<Labelled>, person: usize, lines: &str) {
    let uid = format!("card-{}", made.len());
    let card = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\n{lines}END:VCARD\r\n");
    made.push(Labelled { uid, person, card });
}

fn family_name(land: &Land, dice: &mut Dice) -> Name {
    if dice.chance(35) {
        let (own, latin) = *dice.popular(land.family);
        return Name { own: own.into(), latin: latin.into(), short: own.into() };
    }
    let own: String = land.parts.iter().map(|part| *dice.of(part)).collect();
    let latin = latin(&own);
    Name { short: own.clone(), own, latin }
}

/// As people write it who have no such letters.
fn latin(own: &str) -> String {
    let pairs = [
        ("ü", "ue"),
        ("ö", "oe"),
        ("ä", "ae"),
        ("ß", "ss"),
        ("ó", "o"),
        ("í", "i"),
        ("ё", "yo"),
        ("я", "ya"),
        ("ю", "yu"),
        ("а", "a"),
        ("б", "b"),
        ("в", "v"),
        ("г", "g"),
        ("д", "d"),
        ("е", "e"),
        ("з", "z"),
        ("и", "i"),
        ("й", "y"),
        ("к", "k"),
        ("л", "l"),
        ("м", "m"),
        ("н", "n"),
        ("о", "o"),
        ("п", "p"),
        ("р", "r"),
        ("с", "s"),
        ("т", "t"),
        ("Б", "B"),
        ("В", "V"),
        ("Г", "G"),
        ("Д", "D"),
        ("З", "Z"),
        ("К", "K"),
        ("Л", "L"),
        ("М", "M"),
        ("Н", "N"),
        ("О", "O"),
        ("П", "P"),
        ("Р", "R"),
        ("С", "S"),
        ("Т", "T"),
        ("á", "a"),
        ("é", "e"),
        ("ú", "u"),
        ("ñ", "n"),
        ("Á", "A"),
        ("Ü", "Ue"),
        ("Ö", "Oe"),
        ("Χρ", "Chr"),
        ("ου", "ou"),
        ("Κ", "K"),
        ("Μ", "M"),
        ("Π", "P"),
        ("Σ", "S"),
        ("Α", "A"),
        ("Β", "V"),
        ("α", "a"),
        ("θ", "th"),
        ("ν", "n"),
        ("σ", "s"),
        ("ι", "i"),
        ("λ", "l"),
        ("ρ", "r"),
        ("τ", "t"),
        ("υ", "y"),
        ("κ", "k"),
        ("η", "i"),
        ("ς", "s"),
        ("ί", "i"),
        ("δ", "d"),
        ("ό", "o"),
        ("π", "p"),
        ("ο", "o"),
        ("ε", "e"),
        ("ά", "a"),
    ];
    pairs.iter().fold(own.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn phone(land: &Land, dice: &mut Dice, mobile: bool) -> String {
    let area = match (land.code, mobile) {
        ("+49", true) => format!("15{}", 1 + dice.below(9)),
        ("+49", false) => format!("{}", [30, 40, 89, 221, 551][dice.below(5)]),
        ("+34", true) => format!("6{}", 1 + dice.below(9)),
        ("+34", false) => format!("9{}", 1 + dice.below(9)),
        ("+7", _) => format!("9{:02}", dice.below(99)),
        _ => format!("{}", 201 + dice.below(780)),
    };
    format!("{}{area}{:07}", land.code, 2_000_000 + dice.below(7_999_999))
}

fn home(land: &Land, dice: &mut Dice) -> Home {
    let (town, code) = *dice.of(land.towns);
    let last = dice.below(90);
    let code = format!("{}{last:02}", &code[..code.len() - 2]);
    let letter = if dice.chance(8) { "b" } else { "" };
    let street = if dice.chance(45) {
        (*dice.of(land.streets)).to_owned()
    } else {
        let kind = if land.code == "+49" { "straße" } else { " Road" };
        format!("{}{kind}", land.parts.iter().map(|part| *dice.of(part)).collect::<String>())
    };
    Home {
        street,
        house: format!("{}{letter}", 1 + dice.below(180)),
        town: town.to_owned(),
        code,
        phone: phone(land, dice, false),
        mail: None,
    }
}

fn firm(dice: &mut Dice) -> Firm {
    let land = &LANDS[dice.below(3)];
    let base: String = land.parts.iter().map(|part| *dice.of(part)).collect();
    let kind = *dice.of(&[
        "Bau",
        "Consulting",
        "Logistics",
        "Software",
        "Bakery",
        "Media",
        "Dental",
        "Foods",
    ]);
    let form = *dice.of(&["GmbH", "Inc.", "Ltd", "S.A.", "LLC", "AG", ""]);
    let domain = format!("{}-{}.example", latin(&base).to_lowercase(), kind.to_lowercase());
    let home = home(land, dice);
    Firm {
        name: format!("{base} {kind} {form}").trim().to_owned(),
        domain,
        phone: home.phone.clone(),
        home,
    }
}

fn household(dice: &mut Dice, firms: &[Firm]) -> Vec<Human> {
    let mut at = dice.below(100);
    let land = SHARES.iter().position(|share| {
        let here = at < *share;
        at = at.saturating_sub(*share);
        here
    });
    let land = land.unwrap_or(0);
    let mut shared = home(&LANDS[land], dice);
    let family = family_name(&LANDS[land], dice);
    let size = [1, 1, 1, 1, 2, 2, 2, 3, 4, 5][dice.below(10)];
    if size > 1 && dice.chance(15) {
        shared.mail = Some(format!(
            "{}.family{}@{}",
            latin(&family.latin).to_lowercase().replace(' ', ""),
            dice.below(999),
            dice.of(&FREE)
        ));
    }
    let mut people: Vec<Human> = Vec::new();
    for member in 0..size {
        let parent = member < 2;
        let (year, month, day) = (
            if parent { 1940 } else { 1970 } + dice.below(35),
            1 + dice.below(12),
            1 + dice.below(28),
        );
        let own_family = if member == 1 && dice.chance(20) {
            family_name(&LANDS[land], dice)
        } else {
            family.clone()
        };
        let mut human = human(land, own_family.clone(), (year, month, day), &shared, dice, firms);
        while people.iter().any(|known| known.given.latin == human.given.latin) {
            human = self::human(land, own_family.clone(), (year, month, day), &shared, dice, firms);
        }
        if let Some(first) = people.first()
            && member == 2
        {
            if dice.chance(10) {
                // The son bears his father's name.
                human.given = first.given.clone();
                human.middle = first.middle.clone();
                human.suffix = if dice.chance(70) { "Jr." } else { "" };
                let mail = format!(
                    "{}{}@{}",
                    human.mails[0].split('@').next().unwrap(),
                    dice.below(99),
                    dice.of(&FREE)
                );
                human.mails[0] = mail;
            } else if dice.chance(4) {
                human.birth = people.last().unwrap().birth;
            }
        }
        people.push(human);
    }
    people
}

fn human(
    land: usize,
    family: Name,
    birth: (usize, usize, usize),
    shared: &Home,
    dice: &mut Dice,
    firms: &[Firm],
) -> Human {
    let place = &LANDS[land];
    let male = dice.chance(50);
    let names = if male { &place.given[..place.males] } else { &place.given[place.males..] };
    let further = MORE[land][usize::from(!male)];
    let (own, latin_given, short) = if dice.chance(40) {
        *dice.popular(names)
    } else {
        let (own, latin) = *dice.popular(further);
        (own, latin, own)
    };
    let given = Name { own: own.into(), latin: latin_given.into(), short: short.into() };
    let middle = dice.chance(25).then(|| dice.of(names).1.to_owned());
    let plain = |text: &str| latin(text).to_lowercase().replace([' ', '\''], "");
    let number = dice.below(9999);
    let (first, last) = (plain(latin_given), plain(&family.latin));
    let private = match dice.below(4) {
        0 => format!("{first}.{last}{number}@{}", dice.of(&FREE)),
        1 => format!("{}{last}{number}@{}", &first[..1], dice.of(&FREE)),
        2 => format!("{first}{}@{}", birth.0 * 100 + number % 100, dice.of(&FREE)),
        _ => format!("{last}.{first}{number}@{}", dice.of(&FREE)),
    };
    let other = format!("{first}_{}@{}", number * 7, dice.of(&FREE));
    let job = dice.chance(55).then(|| {
        let at = dice.below(firms.len().min(40)) + firms.len().saturating_sub(40);
        let at = at.min(firms.len() - 1);
        let mail = format!("{}.{last}{}@{}", &first[..1], number % 1000, firms[at].domain);
        (at, (*dice.of(&TITLES)).to_owned(), mail)
    });
    Human {
        land,
        given,
        middle,
        married: (!male && dice.chance(8)).then(|| family_name(place, dice)),
        family,
        suffix: "",
        birth,
        home: shared.clone(),
        moved: home(place, dice),
        mobile: phone(place, dice, true),
        mails: [private, other],
        job,
    }
}

/// One slip of the pen.
fn slip(word: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return word.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = *dice.of(&['a', 'e', 'i', 'o', 'n', 'r', 's', 't']),
    }
    letters.into_iter().collect()
}

fn without_accents(word: &str) -> String {
    let pairs = [
        ("ü", "u"),
        ("ö", "o"),
        ("ä", "a"),
        ("ß", "ss"),
        ("é", "e"),
        ("í", "i"),
        ("ó", "o"),
        ("á", "a"),
        ("ñ", "n"),
        ("ú", "u"),
    ];
    pairs.iter().fold(word.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn dialled(number: &str, dice: &mut Dice) -> String {
    let code =
        LANDS.iter().map(|land| land.code).find(|code| number.starts_with(code)).unwrap_or("+1");
    let rest = &number[code.len()..];
    match dice.below(6) {
        0 => format!("{code} {} {}", &rest[..3], &rest[3..]),
        1 => format!("{code}-{}-{}-{}", &rest[..3], &rest[3..6], &rest[6..]),
        2 => format!("00{}{rest}", &code[1..]),
        3 if code != "+1" => format!("0{} / {}", &rest[..3], &rest[3..]),
        3 => format!("({}) {}", &rest[..3], &rest[3..]),
        4 => format!("{code} (0){rest}"),
        _ => number.to_owned(),
    }
}

fn address(home: &Home, dice: &mut Dice, land: &Land) -> String {
    let mut street = home.street.clone();
    if dice.chance(25) {
        for (long, short) in [
            ("straße", "str."),
            ("Street", "St"),
            ("Avenue", "Ave"),
            ("Road", "Rd"),
            ("Lane", "Ln"),
            ("Calle", "C/"),
        ] {
            street = street.replace(long, short);
        }
    }
    if dice.chance(4) {
        street = slip(&street, dice);
    }
    let line = if land.code == "+1" {
        format!("{} {street}", home.house)
    } else {
        format!("{street} {}", home.house)
    };
    let town = if dice.chance(3) { slip(&home.town, dice) } else { home.town.clone() };
    let code = if dice.chance(10) { String::new() } else { home.code.clone() };
    match dice.below(25) {
        0 => format!(";;{line}\\, {} {town};;;;", home.code),
        1 => format!(";{line};;{town};;{code};"),
        _ => format!(";;{line};{town};;{code};"),
    }
}

fn card(human: &Human, firms: &[Firm], dice: &mut Dice, copy: usize) -> String {
    let land = &LANDS[human.land];
    let mut text = String::new();
    let mut family = human.family.clone();
    if let Some(married) = &human.married
        && dice.chance(40)
    {
        family = married.clone();
    }
    let own = human.land < 3 || dice.chance(55);
    let given = if dice.chance(14) { human.given.short.clone() } else { human.given.own.clone() };
    let (mut given, mut family) =
        if own { (given, family.own) } else { (human.given.latin.clone(), family.latin) };
    if human.land < 3 && dice.chance(15) {
        (given, family) = if dice.chance(50) {
            (latin(&given), latin(&family))
        } else {
            (without_accents(&given), without_accents(&family))
        };
    }
    if dice.chance(4) {
        given = slip(&given, dice);
    }
    if dice.chance(4) {
        family = slip(&family, dice);
    }
    if dice.chance(3) && given.is_ascii() {
        given = format!("{}.", &given[..1]);
    }
    if dice.chance(3) {
        (given, family) = (given.to_uppercase(), family.to_uppercase());
    }
    let middle = human.middle.clone().filter(|_| dice.chance(40));
    let middle = middle
        .map(|name| if dice.chance(60) { format!("{}.", &name[..1]) } else { name })
        .unwrap_or_default();
    let title = if dice.chance(6) { "Dr." } else { "" };
    let suffix = if dice.chance(85) { human.suffix } else { "" };
    let shown = [title, &given, &middle, &family, suffix]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ");
    match dice.below(100) {
        0..12 => drop(write!(text, "FN:{shown}\r\n")),
        12..16 => drop(write!(text, "FN:{family}\\, {given}\r\n")),
        16..18 => drop(write!(text, "N:{given};{family};;;\r\nFN:{family} {given}\r\n")),
        _ => drop(write!(text, "N:{family};{given};{middle};{title};{suffix}\r\nFN:{shown}\r\n")),
    }
    let home = if copy > 0 && dice.chance(12) { &human.moved } else { &human.home };
    // What sort of card it is: kept by a friend, by a firm, by a phone, by a mail program.
    let sort = dice.below(100);
    let (private, work) = (sort < 55, (35..80).contains(&sort));
    let mut said = 0;
    if private || (80..93).contains(&sort) {
        let _ = write!(text, "TEL;TYPE=CELL:{}\r\n", dialled(&human.mobile, dice));
        said += 1;
    }
    if private {
        if dice.chance(50) {
            let _ = write!(text, "TEL;TYPE=HOME:{}\r\n", dialled(&home.phone, dice));
        }
        if dice.chance(65) {
            let _ = write!(text, "ADR;TYPE=HOME:{}\r\n", address(home, dice, land));
        }
        if dice.chance(55) {
            let (mut year, month, mut day) = human.birth;
            if dice.chance(3) {
                day = 1 + (day + 9) % 28;
            }
            if dice.chance(2) {
                year += 10;
            }
            match dice.below(20) {
                0 | 1 => drop(write!(text, "BDAY:--{month:02}{day:02}\r\n")),
                2 => drop(write!(text, "BDAY:{day:02}.{month:02}.{year}\r\n")),
                3..9 => drop(write!(text, "BDAY:{year}{month:02}{day:02}\r\n")),
                _ => drop(write!(text, "BDAY:{year}-{month:02}-{day:02}\r\n")),
            }
        }
    }
    if private && dice.chance(70) || sort >= 93 {
        let _ = write!(text, "EMAIL:{}\r\n", human.mails[usize::from(dice.chance(15))]);
        said += 1;
        if dice.chance(20) {
            let _ = write!(text, "EMAIL:{}\r\n", human.mails[1]);
        }
        if let Some(mail) = home.mail.as_ref().filter(|_| dice.chance(40)) {
            let _ = write!(text, "EMAIL:{mail}\r\n");
        }
    }
    if let Some((at, title, mail)) = human.job.as_ref().filter(|_| work) {
        let firm = &firms[*at];
        let name = if dice.chance(30) {
            firm.name.rsplit_once(' ').map_or(&*firm.name, |(rest, _)| rest)
        } else {
            &firm.name
        };
        let _ = write!(text, "ORG:{name}\r\n");
        said += 1;
        if dice.chance(70) {
            let _ = write!(
                text,
                "EMAIL;TYPE=WORK:{}\r\n",
                if dice.chance(92) { mail.clone() } else { format!("info@{}", firm.domain) }
            );
        }
        if dice.chance(60) {
            let _ = write!(text, "TEL;TYPE=WORK:{}\r\n", dialled(&firm.phone, dice));
        }
        if dice.chance(40) {
            let _ = write!(text, "TITLE:{title}\r\n");
        }
        if dice.chance(35) {
            let _ = write!(text, "ADR;TYPE=WORK:{}\r\n", address(&firm.home, dice, land));
        }
    }
    if said == 0 {
        let _ = write!(text, "TEL:{}\r\n", dialled(&human.mobile, dice));
    }
    text
}

fn firm_card(firm: &Firm, dice: &mut Dice, varied: bool) -> String {
    let name = if varied {
        firm.name.rsplit_once(' ').map_or(&*firm.name, |(rest, _)| rest)
    } else {
        &firm.name
    };
    let mut text =
        format!("N:;;;;\r\nFN:{name}\r\nORG:{name}\r\nTEL:{}\r\n", dialled(&firm.phone, dice));
    if dice.chance(60) {
        let _ = write!(text, "EMAIL:info@{}\r\n", firm.domain);
    }
    if dice.chance(60) {
        let _ = write!(text, "ADR:{}\r\n", address(&firm.home, dice, &LANDS[1]));
    }
    text
}
