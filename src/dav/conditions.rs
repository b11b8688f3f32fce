//! The conditions of a request, judged in the order of RFC 9110 §13.2.2, then `If` of
//! RFC 4918 §10.4. Those on a member that is written are judged inside the store's commit.

use std::collections::HashMap;

use super::header::{IfHeader, Outcome, State, evaluate};
use super::path::Address;
use super::resource::Resource;
use super::scope::Scope;
use super::sync;
use super::tree::resolve;
use crate::base::{Fault, Request};
use crate::store::engine::Snapshot;
use crate::store::member::{self, Member};

/// 412 with the tag of what is there now.
pub fn failed(current: Option<&Member>) -> Fault {
    Fault::precondition("This was changed by somebody else meanwhile; fetch it and try again.")
        .with_etag(current.map(|m| m.etag))
}

/// Refuses a write whose `If-Match`, `If-None-Match` and so on do not fit what is there.
pub fn check_write(request: &Request, current: Option<&Member>) -> Result<(), Fault> {
    match outcome(request, false, current) {
        Outcome::Proceed => Ok(()),
        Outcome::NotModified | Outcome::Failed => Err(failed(current)),
    }
}

/// What the conditions of a request say about `current`.
pub fn outcome(request: &Request, is_get: bool, current: Option<&Member>) -> Outcome {
    evaluate(&request.headers, is_get, current.map(|m| &m.etag), current.map(|m| m.modified))
}

/// Refuses a request whose `If` header is false.
pub async fn check_if(
    scope: &Scope,
    snapshot: &Snapshot,
    request: &Request,
    address: &Address,
) -> Result<(), Fault> {
    let Some(header) = IfHeader::from_headers(&request.headers)? else {
        return Ok(());
    };
    let mut states: HashMap<Option<String>, State> = HashMap::new();
    for resource in header.resources() {
        let named = match resource {
            None => address.clone(),
            Some(tag) => Address::parse_href(tag).unwrap_or(Address::Unknown),
        };
        let state = state_of(scope, snapshot, &named, &header).await?;
        states.insert(resource.map(str::to_owned), state);
    }
    let holds = header
        .evaluate(|resource| states.get(&resource.map(str::to_owned)).cloned().unwrap_or_default());
    if holds {
        Ok(())
    } else {
        Err(Fault::precondition("The If header does not hold for what is there now."))
    }
}

/// What is true of a resource. One that the caller may not see has no state.
async fn state_of(
    scope: &Scope,
    snapshot: &Snapshot,
    address: &Address,
    header: &IfHeader,
) -> Result<State, Fault> {
    let mut state = State::default();
    match resolve(scope, snapshot, address).await {
        Ok(Resource::Member(node, name)) => {
            let id = node.collection()?.collection().id;
            let found = member::get(snapshot, id, name.as_str()).await?;
            let sight = node.sight();
            state.etag = sight.found(found).map(|m| sight.etag(m.etag));
        }
        Ok(Resource::Node(node)) => {
            for token in header.tokens() {
                if sync::is_current(scope, snapshot, &node, token).await? {
                    state.tokens.push(token.to_owned());
                }
            }
        }
        Ok(Resource::Vacant(..)) => {}
        Err(fault) if fault.status == 404 => {}
        Err(fault) => return Err(fault),
    }
    Ok(state)
}
