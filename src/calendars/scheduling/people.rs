//! Who is behind a calendar user address.

use super::address::Address;
use crate::accounts::login_name;
use crate::base::PrincipalId;
use crate::store::engine::{EngineError, Snapshot};
use crate::store::principals::{self, Kind, Principal};

/// Who is behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A user of this server.
    User(PrincipalId),
    /// Somebody who can be written to.
    Elsewhere(String),
    /// Nobody that anything could reach.
    Nobody,
}

/// Who is behind `address`. Groups are not taken apart: they are whoever their mail reaches.
pub async fn find(snapshot: &Snapshot, address: &Address) -> Result<Who, EngineError> {
    let found = match address {
        Address::Mail(mail) => principals::by_login(snapshot, &login_name::fold(mail)).await?,
        Address::Principal(id) => Some(id.clone()),
        Address::Other(_) => None,
    };
    if let Some(id) = found
        && let Some(found) = principals::get(snapshot, &id).await?
        && found.record.kind == Kind::User
    {
        return Ok(Who::User(id));
    }
    Ok(match address {
        Address::Mail(mail) if login_name::is_mail(mail) => Who::Elsewhere(mail.clone()),
        _ => Who::Nobody,
    })
}

/// The addresses of a user; none if there is no such user any more.
pub async fn addresses(
    snapshot: &Snapshot,
    user: &PrincipalId,
) -> Result<Vec<Address>, EngineError> {
    let found = principals::get(snapshot, user).await?;
    Ok(found.map(|found| addresses_of(user, &found.record)).unwrap_or_default())
}

/// Does an address mean this user? Besides [`addresses`] a `mailto:` of the bare login name does:
/// GNOME writes it for an account that was signed in to by that name.
pub async fn is_meant(
    snapshot: &Snapshot,
    user: &PrincipalId,
    address: &Address,
) -> Result<bool, EngineError> {
    let Some(found) = principals::get(snapshot, user).await? else { return Ok(false) };
    let by_name = *address == Address::Mail(found.record.name.to_lowercase());
    Ok(by_name || addresses_of(user, &found.record).contains(address))
}

fn addresses_of(id: &PrincipalId, principal: &Principal) -> Vec<Address> {
    let names = principal.mail.iter().chain(std::iter::once(&principal.name));
    let mails = names.filter(|name| login_name::is_mail(name)).map(|name| Address::parse(name));
    let mut all: Vec<Address> = mails.chain([Address::Principal(id.clone())]).collect();
    all.dedup();
    all
}
