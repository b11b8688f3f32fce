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
