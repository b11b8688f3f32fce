//! Commands on persons with what nobody should type: each is answered with a sentence of bounded
//! length that moves no terminal, and changes nothing.

use crate::support::Server;
use crate::support::program::{run, said};
use crate::{Anna, BOOK, bert, other};

#[test]
fn commands_on_persons_take_nobody_for_another() {
    let server = Server::start();
    server.add_user("anna", "secret");
    server.add_user("zoe", "secret");
    let (anna, data) = (Anna(&server), server.data());
    let wild = "B\u{1b}[2J\u{7}ert\u{202e}\r\n".repeat(9);
    let long = "Bert ".repeat(2000);
    anna.put(&format!("{BOOK}b.vcf"), &bert("b", ""));
    anna.put(&format!("{BOOK}burg.vcf"), &other("burg", "Bert Burg", ""));
    anna.put(&format!("{BOOK}long.vcf"), &other("long", &long, "NOTE:long\r\n"));
    anna.put(&format!("{BOOK}wild.vcf"), &other("wild", "W\u{1b}[2Jild\u{7} One", ""));
    let group = "KIND:group\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n";
    anna.put(&format!("{BOOK}g.vcf"), &other("g", "Choir", group));
    run(data, &["tag", "add", "anna", "Choir", "b"], "");
    let before = run(data, &["export", "anna", "--format", "vcard"], "").stdout;
    let word = "x".repeat(121);
    let consent = |rest: &[&str]| [&["consent", "set", "anna", "b"], rest].concat().join("\u{1}");
    let typed = |words: &[&str]| words.join("\u{1}");
    let mut all: Vec<String> = vec![
        consent(&["news", "maybe"]),
        consent(&["", "granted"]),
        consent(&["news\nletter", "granted"]),
        consent(&[&word, "granted"]),
        consent(&["news", "granted", "--source", &word]),
        consent(&["news", "granted", "--source", "a\u{1b}[2Jb"]),
        consent(&["news", "granted", "--until", "2026-02-30"]),
        consent(&["news", "granted", "--date", "soon"]),
        typed(&["person", "erase", "anna", "b"]),
        typed(&["person", "allow", "anna", "99999999999999999999999"]),
        typed(&["person", "allow", "anna", "-1"]),
        typed(&["person", "allow", "anna", "7"]),
        typed(&["person", "allow", "anna", "b"]),
        typed(&["person", "allow", "nobody", "b"]),
        typed(&["person", "erased", "nobody"]),
    ];
    let names =
        ["", " ", "Bert", "Nobody At All", "nobody@example.org", "contacts/none", "../b", "%"];
    for who in names.into_iter().chain([&wild[..], &long.repeat(2), "g", "contacts/g"]) {
        for command in [
            &["person", "erase", "anna", who, "--yes"][..],
            &["person", "erase", "anna", who, "--preview"],
            &["person", "export", "anna", who],
            &["consent", "list", "anna", who],
            &["consent", "set", "anna", who, "news", "granted"],
        ] {
            all.push(typed(command));
        }
    }
    // Zoe has none of them.
    for user in ["zoe", "nobody", "anna\u{1b}[2J", ""] {
        all.push(typed(&["person", "erase", user, "contacts/b", "--yes"]));
        all.push(typed(&["person", "erase", user, "b", "--yes"]));
        all.push(typed(&["person", "export", user, "b"]));
        all.push(typed(&["consent", "list", user, "b"]));
    }
    for line in &all {
        let words: Vec<&str> = line.split('\u{1}').collect();
        let output = run(data, &words, "");
        let told = said(&output);
        let short: String = line.replace('\u{1}', " ").chars().take(60).collect();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{short:?}: {told}");
        assert!(told.len() < 4000, "{short:?}: {} bytes are said", told.len());
        let moves = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!told.contains(moves), "{short:?}: {told:?}");
        assert!(!told.contains("panicked"), "{short:?}: {told}");
    }
    let after = run(data, &["export", "anna", "--format", "vcard"], "").stdout;
    assert!(before == after, "something changed");
    // Whoever has such a name can be erased like all others.
    for who in ["wild", "long"] {
        let shown = said(&run(data, &["person", "erase", "anna", who, "--preview"], ""));
        assert!(!shown.contains('\u{1b}') && shown.len() < 4000, "{shown:?}");
        let output = run(data, &["person", "erase", "anna", who, "--yes"], "");
        assert!(output.status.success(), "{}", said(&output));
    }
    let left = said(&run(data, &["export", "anna", "--format", "vcard"], ""));
    assert!(!left.contains("ild") && !left.contains("Bert Bert"), "{left}");
    assert!(run(data, &["check"], "").status.success());
}
