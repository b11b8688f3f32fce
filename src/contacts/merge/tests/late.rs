//! What is sent again after much else was told.

use super::*;

#[tokio::test]
async fn the_day_before_is_the_same_one_a_day_later_however_much_was_told_since() {
    let desk = Desk::open().await;
    let typed = person_card("a", "Bert Berg", "NOTE:+call yesterday spoke of boats\r\n");
    desk.put(0, "a.vcf", &typed).await;
    let mails: Vec<String> = (0..60).map(|number| format!("+mail number {number}")).collect();
    let mails = format!("NOTE:{}\r\n", mails.join("\\n"));
    desk.put(0, "a.vcf", &person_card("a", "Bert Berg", &mails)).await;
    // After midnight.
    desk.clock.advance_millis(14 * 3_600_000);
    desk.put(0, "a.vcf", &typed).await;
    let timeline = &desk.seen().await.timelines["a"];
    let told = timeline.iter().filter(|(_, text, _)| text == "spoke of boats").count();
    assert_eq!(told, 1, "{timeline:?}");
}

#[tokio::test]
async fn more_of_the_day_before_is_more_of_the_same_after_midnight() {
    let desk = Desk::open().await;
    for (hours, text) in [(14, "spoke of boats"), (0, "spoke of boats and harbours")] {
        let typed = format!("NOTE:+call yesterday {text}\r\n");
        desk.put(0, "a.vcf", &person_card("a", "Bert Berg", &typed)).await;
        desk.clock.advance_millis(hours * 3_600_000);
    }
    let timeline = &desk.seen().await.timelines["a"];
    let told: Vec<&str> = timeline.iter().map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(told, ["spoke of boats and harbours"]);
}

/// A desk at which the first of three was made one with the second, of whom a card came to the other book
/// then; the number of the merge.
async fn of_three() -> (Desk, u64) {
    let desk = Desk::open().await;
    for uid in ["a", "b", "c"] {
        desk.put(0, &format!("{uid}.vcf"), &person_card(uid, "Bert Berg", "")).await;
    }
    desk.log(&["c"], "with the third").await;
    let merged = desk.merger().merge(&strings(&["a", "b"]), Some("a")).await.unwrap();
    (desk, merged.number.unwrap())
}

/// Texts of the timelines, by their UIDs.
async fn told(desk: &Desk, uid: &str) -> Vec<String> {
    let timeline = desk.seen().await.timelines.remove(uid).unwrap_or_default();
    timeline.into_iter().map(|(_, text, _)| text).collect()
}

#[tokio::test]
async fn lines_of_those_who_were_one_long_ago_are_known_whatever_was_merged_since() {
    let (desk, first) = of_three().await;
    let merge = async |uids: &[&str]| {
        desk.clock.advance_millis(1000);
        desk.merger().merge(&strings(uids), Some("a")).await.unwrap().number.unwrap()
    };
    let second = merge(&["a", "c"]).await;
    desk.put(1, "b.vcf", &person_card("b", "Bert Berg", "")).await;
    let of_all = desk.text(1, "b.vcf").await.unwrap();
    assert!(of_all.contains("with the third"), "{of_all}");
    desk.merger().undo(first).await.unwrap();
    desk.merger().undo(second).await.unwrap();
    let third = merge(&["a", "b"]).await;
    desk.merger().undo(third).await.unwrap();
    let end = "--- type below to add ---";
    let edited = of_all.replace(end, &format!("{end}\\nnew"));
    let lines = edited.split_inclusive("\r\n").filter(|line| !line.starts_with("X-ROLODAV"));
    desk.put(1, "b.vcf", &lines.collect::<String>()).await;
    assert_eq!(told(&desk, "b").await, ["new"]);
    assert_eq!(told(&desk, "c").await, ["with the third"]);
    desk.whole().await;
}

#[tokio::test]
async fn what_was_told_at_the_moment_of_parting_is_not_told_again_and_what_was_added_is() {
    for (passed, again, wanted) in
        [(0, "", &[][..]), (1000, "", &[]), (1000, " and harbours", &["and harbours"])]
    {
        let (desk, merge) = of_three().await;
        let typed = |more| format!("NOTE:+call spoke of boats{more}\r\n");
        desk.put(1, "b.vcf", &person_card("b", "Bert Berg", &typed(""))).await;
        desk.clock.advance_millis(passed);
        desk.merger().undo(merge).await.unwrap();
        // The phone got no answer.
        desk.put(1, "b.vcf", &person_card("b", "Bert Berg", &typed(again))).await;
        assert_eq!(told(&desk, "a").await, ["spoke of boats"]);
        assert_eq!(told(&desk, "b").await, wanted);
        desk.whole().await;
    }
}
