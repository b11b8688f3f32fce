//! What several took part in, when their merges are taken back in any order.

use super::*;

/// A desk at which four people took part in much together.
async fn desk() -> Desk {
    let desk = Desk::open().await;
    for uid in ["a", "b", "c", "d"] {
        let card = person_card(uid, &format!("Bert {uid}"), &format!("TEL:{uid}\r\n"));
        desk.put(0, &format!("{uid}.vcf"), &card).await;
    }
    for with in ["bc", "cb", "bcd", "ad", "abcd", "c", "db"] {
        let uids: Vec<String> = with.chars().map(String::from).collect();
        let uids: Vec<&str> = uids.iter().map(String::as_str).collect();
        desk.log(&uids, &format!("with {with}")).await;
    }
    desk
}

/// Who took part in what, by their UIDs.
async fn told(desk: &Desk) -> BTreeMap<String, String> {
    let seen = desk.seen().await;
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for (uid, timeline) in seen.timelines {
        for (_, text, _) in timeline {
            told.entry(text).or_default().push_str(&uid);
        }
    }
    told
}

#[tokio::test]
async fn nobody_is_lost_whichever_merge_is_taken_back_first() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let desk = desk().await;
        let before = told(&desk).await;
        assert_eq!(before["with bcd"], "bcd", "{before:?}");
        let mut merges = Vec::new();
        for loser in ["b", "c", "d"] {
            let merged = desk.merger().merge(&strings(&["a", loser]), Some("a")).await.unwrap();
            merges.push((loser, merged.number.unwrap()));
        }
        let mut apart = Vec::new();
        for at in order {
            let (loser, number) = merges[at];
            desk.merger().undo(number).await.unwrap();
            desk.whole().await;
            apart.push(loser);
            // Whoever is apart stands for themselves, and `a` for all others.
            let mut wanted = BTreeMap::new();
            for (text, people) in &before {
                let stands = |one: char| if apart.contains(&&*one.to_string()) { one } else { 'a' };
                let mut people: Vec<char> = people.chars().map(stands).collect();
                people.sort_unstable();
                people.dedup();
                wanted.insert(text.clone(), people.into_iter().collect::<String>());
            }
            assert_eq!(told(&desk).await, wanted, "{order:?}, apart {apart:?}");
        }
    }
}

#[tokio::test]
async fn who_came_between_two_merges_stays() {
    let desk = desk().await;
    let merger = desk.merger();
    let first = merger.merge(&strings(&["a", "b"]), Some("a")).await.unwrap().number.unwrap();
    desk.log(&["a", "c"], "between").await;
    let second = merger.merge(&strings(&["a", "c"]), Some("a")).await.unwrap().number.unwrap();
    desk.log(&["a", "d"], "after").await;
    merger.undo(first).await.unwrap();
    merger.undo(second).await.unwrap();
    desk.whole().await;
    let told = told(&desk).await;
    assert_eq!((told["between"].as_str(), told["after"].as_str()), ("ac", "ad"), "{told:?}");
    assert_eq!(told["with bcd"], "bcd");
}
