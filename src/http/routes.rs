//! The route table: which handler answers which part of the address space, and who may ask.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::auth::{Authenticate, SignInNeed};
use super::logged_path::Marks;
use crate::base::Handler;

/// Prefixes and their handlers; the longest prefix wins.
pub struct Routes {
    pub(super) authenticate: Arc<dyn Authenticate>,
    /// Longest prefix first.
    all: Vec<Route>,
    marks: Marks,
}

/// One part of the address space.
pub(super) struct Route {
    /// Without the slash at its end.
    prefix: String,
    pub(super) handler: Arc<dyn Handler>,
    /// What it asks of a caller.
    pub(super) need: SignInNeed,
    /// Is what follows the prefix as good as a password?
    pub(super) secret: bool,
    /// How many segments of a path there are no names of people.
    open: usize,
}

impl Routes {
    /// An empty table. `authenticate` is asked wherever a route wants to know the caller.
    pub fn new(authenticate: Arc<dyn Authenticate>) -> Self {
        Self { authenticate, all: Vec::new(), marks: Marks::default() }
    }

    /// Gives `prefix` (`/dav/`, `/.well-known/carddav`, `/`) and all below it to `handler`. With
    /// and without a slash at its end the prefix means the same: `/dav` and `/dav/x`, not `/davx`.
    #[must_use]
    pub fn mount(self, prefix: &str, need: SignInNeed, handler: Arc<dyn Handler>) -> Self {
        self.mount_named(prefix, need, handler, usize::MAX)
    }

    /// As [`Self::mount`], where clients choose what stands behind the first `open` segments of a
    /// path: it may name a person, so the log has a mark in its place.
    #[must_use]
    pub fn mount_named(
        self,
        prefix: &str,
        need: SignInNeed,
        handler: Arc<dyn Handler>,
        open: usize,
    ) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.with(Route { prefix, handler, need, secret: false, open })
    }

    /// As [`Self::mount`], for addresses that are as good as a password: whoever knows one needs
    /// none. They stay out of the log, and are not taken where they could be read on the way.
    #[must_use]
    pub fn mount_secret(self, prefix: &str, handler: Arc<dyn Handler>) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.with(Route { prefix, handler, need: SignInNeed::None, secret: true, open: 0 })
    }

    fn with(mut self, route: Route) -> Self {
        self.all.push(route);
        self.all.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
        self
    }

    /// A path as others may see it.
    pub(super) fn loggable<'p>(&'p self, path: &'p str) -> Cow<'p, str> {
        match self.find(path) {
            Some(route) if route.secret => Cow::Borrowed(&route.prefix),
            Some(route) => self.marks.on(path, route.open),
            None => self.marks.on(path, 0),
        }
    }

    /// The route of a path.
    pub(super) fn find(&self, path: &str) -> Option<&Route> {
        self.all.iter().find(|route| {
            path.strip_prefix(&*route.prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all.iter().map(|route| &route.prefix)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::net::IpAddr;
    use std::pin::Pin;

    use super::*;
    use crate::base::{Fault, Reply, Request};
    use crate::http::auth::Checking;

    struct Nothing;

    impl Authenticate for Nothing {
        fn check<'a>(&'a self, _: &'a str, _: &'a str, _: IpAddr) -> Checking<'a> {
            Box::pin(async { Err(Fault::new(401, "nobody")) })
        }
    }

    impl Handler for Nothing {
        fn handle(&self, _: Request) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
            Box::pin(async { Reply::empty(204) })
        }
    }

    #[test]
    fn the_longest_whole_segment_prefix_wins() {
        let mut routes = Routes::new(Arc::new(Nothing));
        for prefix in ["/dav/", "/dav/deep/", "/.well-known/carddav"] {
            routes = routes.mount(prefix, SignInNeed::Required, Arc::new(Nothing));
        }
        let table = [
            ("/dav", Some("/dav")),
            ("/dav/", Some("/dav")),
            ("/dav/x", Some("/dav")),
            ("/dav/deep", Some("/dav/deep")),
            ("/dav/deeper", Some("/dav")),
            ("/davx", None),
            ("/.well-known/carddav", Some("/.well-known/carddav")),
            ("/", None),
        ];
        for (path, expected) in table {
            assert_eq!(routes.find(path).map(|r| r.prefix.as_str()), expected, "{path}");
        }
        let routes = routes.mount("/", SignInNeed::None, Arc::new(Nothing));
        let routes = routes.mount_secret("/feeds/", Arc::new(Nothing));
        assert_eq!(routes.loggable("/feeds/abc.ics"), "/feeds");
        assert_eq!(routes.loggable("/dav/abc.ics"), "/dav/abc.ics");
        let (need, handler) = (SignInNeed::None, Arc::new(Nothing));
        let routes = routes.mount_named("/named", need, handler, 2);
        assert_eq!(routes.loggable("/named/by-us"), "/named/by-us");
        assert!(routes.loggable("/named/by-us/bert").starts_with("/named/by-us/~"));
        assert_eq!(routes.find("/anything").map(|r| r.prefix.as_str()), Some(""));
        assert_eq!(routes.find("/dav/x").map(|r| r.prefix.as_str()), Some("/dav"));
    }
}
