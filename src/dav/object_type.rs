//! What an extension says of the members of its collections: what they are, what a method does
//! beside storing them, and in which forms they go out.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::scope::Scope;
use super::sight::Shown;
use super::xml::name::Name;
use crate::base::{CollectionId, Condition, Fault, ObjectName, PrincipalId, Reply, Request};
use crate::store::collection::{Collection, Kind, Role};
use crate::store::engine::{Batch, Snapshot};
use crate::store::member::MemberRow;
use crate::store::write::{Alongside, NewMember};

/// What the members of one kind of collection are.
pub trait ObjectType: Send + Sync + std::fmt::Debug {
    /// The kind of collection.
    fn kind(&self) -> Kind;
    /// The element that joins `DAV:collection` in the resourcetype of a collection of that role.
    fn collection_type(&self, role: Role) -> Name;
    /// The file name ending of members that the server names.
    fn ending(&self) -> &'static str;
    /// Largest member in bytes.
    fn max_size(&self, scope: &Scope) -> u64;
    /// The condition for members that are larger.
    fn too_large(&self) -> Condition;
    /// The condition for a UID that another member holds; its hrefs are added.
    fn uid_conflict(&self) -> Condition;
    /// The condition for members that a collection of this kind does not hold.
    fn unsupported(&self) -> Condition;
    /// The condition for collections that are to be where none can.
    fn location(&self) -> Condition;
    /// Looks at bytes that a client wants to store in `collection`.
    fn inspect(
        &self,
        bytes: Bytes,
        request: &Request,
        scope: &Scope,
        collection: &Collection,
    ) -> Result<NewMember, Fault>;
    /// Does `collection` take a member that is copied or moved into it?
    ///
    /// # Errors
    /// The precondition that a PUT of the same member would fail.
    fn fits(&self, member: MemberRow<'_>, collection: &Collection) -> Result<(), Fault>;
    /// The outbox in the homes of this kind.
    fn outbox(&self) -> Option<&'static Outbox> {
        None
    }
    /// The name of the collection in a home that new members from elsewhere go to.
    fn default_collection<'a>(
        &'a self,
        _: &'a Snapshot,
        _: &'a PrincipalId,
    ) -> Loading<'a, Option<ObjectName>> {
        Box::pin(async { Ok(None) })
    }
    /// Refuses the deletion of a collection that is needed.
    fn may_remove<'a>(&'a self, _: &'a Snapshot, _: &'a Collection) -> Loading<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    /// Refuses a copy or a move of a member that may not be.
    fn may_go<'a>(&'a self, _: &'a Snapshot, _: Journey<'a>) -> Loading<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    /// What of a member goes along when it comes to somebody else; `None`: all of it, as it is.
    fn leaving(&self, _: Bytes, _: &Scope) -> Result<Option<NewMember>, Fault> {
        Ok(None)
    }
    /// What goes along with writing or deleting a member.
    fn companion(&self, _: &Request, _: &Scope) -> Option<Box<dyn Companion>> {
        None
    }
    /// Further headers of answers that tell a member's tag.
    fn headers<'a>(
        &'a self,
        _: &'a Snapshot,
        _: CollectionId,
        _: &'a str,
    ) -> Loading<'a, Vec<(&'static str, String)>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    /// What is left of a member where `shown` is not everything.
    fn leave_out<'a>(&self, bytes: &'a [u8], _: Shown) -> Cow<'a, [u8]> {
        Cow::Borrowed(bytes)
    }
    /// The media type of a member as it is stored.
    fn content_type(&self, member: MemberRow<'_>) -> &'static str;
    /// The request headers that [`Self::negotiate`] looks at (`Vary`).
    fn vary(&self) -> &'static str;
    /// The form in which a member is handed out by GET: as stored (`None`) or converted, which
    /// needs the whole bytes.
    fn negotiate(
        &self,
        request: &Request,
        scope: &Scope,
        member: MemberRow<'_>,
    ) -> Result<Option<Box<dyn Conversion>>, Fault>;
}

/// What an extension does beside the write of a member: its part in the commit, and what follows
/// from it.
pub trait Companion: Alongside {
    /// As [`Alongside::plan`], for the deletion of a whole collection.
    fn plan_removal<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        batch: &'a mut Batch,
        collection: &'a Collection,
    ) -> Loading<'a, ()>;

    /// Does what follows, after the commit. What cannot be done now has to be done later: the
    /// write stands.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// For the store.
    fn alongside(&self) -> &dyn Alongside;

    /// The member that `new`, which a client stores under another name, is meant for: what it stood
    /// for has become a part of that. It is then taken in there, and nothing comes under that name.
    fn meant<'a>(
        &'a self,
        _: &'a Snapshot,
        _: &'a Collection,
        _: &'a NewMember,
    ) -> Loading<'a, Option<String>> {
        Box::pin(async { Ok(None) })
    }

    /// Could something be meant for another member that is stored under this name, of which there
    /// is none?
    fn had<'a>(&'a self, _: &'a Snapshot, _: &'a Collection, _: &'a str) -> Loading<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// Is `new` something that was erased for good, and is neither stored nor kept?
    fn is_erased<'a>(
        &'a self,
        _: &'a Snapshot,
        _: &'a Collection,
        _: &'a NewMember,
    ) -> Loading<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}

/// Turns a member into another form on its way out.
pub trait Conversion: Send + Sync {
    /// The media type of the result.
    fn content_type(&self) -> &'static str;
    /// The converted bytes.
    fn convert(&self, bytes: &[u8]) -> Vec<u8>;
}

/// A copy or a move of a member.
#[derive(Debug, Clone, Copy)]
pub struct Journey<'a> {
    /// Where it is.
    pub from: &'a Collection,
    /// Its name there.
    pub name: &'a str,
    /// Where it is to be.
    pub to: &'a Collection,
    /// Does it stay where it is as well?
    pub keep: bool,
}

/// A place in each home that takes messages by POST and holds nothing.
#[derive(Debug)]
pub struct Outbox {
    /// Its name in its path.
    pub name: &'static str,
    /// The element that joins `DAV:collection` in its resourcetype.
    pub resource_type: Name,
    /// Answers POST.
    pub post: fn(PostCall) -> Answering,
}

/// What a POST to an outbox gets.
#[derive(Debug)]
pub struct PostCall {
    /// The request's scope.
    pub scope: Arc<Scope>,
    /// Whose outbox it is.
    pub owner: PrincipalId,
    /// The request.
    pub request: Request,
}

/// Something that is being read from the store.
pub type Loading<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// An answer in the making.
pub type Answering = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;
