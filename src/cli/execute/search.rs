//! `rolodav search …`

use crate::app::Services;
use crate::base::Fault;
use crate::cli::command::SearchQuery;
use crate::cli::outcome::{FoundRow, Outcome, SearchRow, WhyRow};
use crate::contacts::search::{self, Asked, Found};
use crate::dav::path;

pub(super) async fn search(
    services: &Services,
    user: &str,
    query: SearchQuery,
) -> Result<Outcome, Fault> {
    let user = services.accounts.find_user(user).await?;
    let bounded = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let asked = Asked {
        words: &query.words,
        book: query.book.as_deref(),
        limit: bounded(query.limit),
        skip: bounded(query.skip),
    };
    let answer = search::search(&services.store, &user, &asked).await?;
    let row = |found: Found| {
        let home = path::collection_href(found.book.kind, &user, &found.segment);
        let mut href = Vec::new();
        path::member_href(&home, &found.card, &mut href);
        FoundRow {
            name: found.name,
            uid: found.uid,
            owner: found.book.owner.to_string(),
            book: found.segment,
            card: found.card,
            href: String::from_utf8_lossy(&href).into_owned(),
            score: found.score,
            why: found
                .why
                .into_iter()
                .map(|why| WhyRow { property: why.property, text: why.text })
                .collect(),
        }
    };
    let found = answer.found.into_iter().map(row).collect();
    Ok(Outcome::Found(SearchRow { found, more: answer.more, sure: answer.sure }))
}
