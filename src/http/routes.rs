//! The route table: which handler answers which part of the address space, and who may ask.

use std::fmt;
use std::sync::Arc;

use super::auth::{Authenticate, SignInNeed};
use crate::base::Handler;

/// Prefixes and their handlers; the longest prefix wins.
pub struct Routes {
    pub(super) authenticate: Arc<dyn Authenticate>,
    /// Longest prefix first.
    routes: Vec<Route>,
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
}

impl Routes {
    /// An empty table. `authenticate` is asked wherever a route wants to know the caller.
    pub fn new(authenticate: Arc<dyn Authenticate>) -> Self {
        Self { authenticate, routes: Vec::new() }
    }

    /// Gives `prefix` (`/dav/`, `/.well-known/carddav`, `/`) and all below it to `handler`. With
    /// and without a slash at its end the prefix means the same: `/dav` and `/dav/x`, not `/davx`.
    #[must_use]
    pub fn mount(self, prefix: &str, need: SignInNeed, handler: Arc<dyn Handler>) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.with(Route { prefix, handler, need, secret: false })
    }

    /// As [`Self::mount`], for addresses that are as good as a password: whoever knows one needs
    /// none. They stay out of the log, and are not taken where they could be read on the way.
    #[must_use]
    pub fn mount_secret(self, prefix: &str, handler: Arc<dyn Handler>) -> Self {
        let prefix = prefix.trim_end_matches('/').to_owned();
        self.with(Route { prefix, handler, need: SignInNeed::None, secret: true })
    }

    fn with(mut self, route: Route) -> Self {
        self.routes.push(route);
        self.routes.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
        self
    }

    /// A path as others may see it.
    pub(super) fn loggable<'p>(&'p self, path: &'p str) -> &'p str {
        self.find(path).filter(|route| route.secret).map_or(path, |route| &route.prefix)
    }

    /// The route of a path.
    pub(super) fn find(&self, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| {
            path.strip_prefix(&*route.prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes.iter().map(|route| &route.prefix)).finish()
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
        assert_eq!(routes.find("/anything").map(|r| r.prefix.as_str()), Some(""));
        assert_eq!(routes.find("/dav/x").map(|r| r.prefix.as_str()), Some("/dav"));
    }
}
