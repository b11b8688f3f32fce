//! Lets the transport ask the accounts who somebody is.

use std::net::IpAddr;

use crate::accounts::SignIn;
use crate::base::Identity;
use crate::http::Authenticate;
use crate::http::auth::Checking;

/// The accounts as the transport sees them.
#[derive(Debug)]
pub struct SigningIn(pub SignIn);

impl Authenticate for SigningIn {
    fn check<'a>(&'a self, name: &'a str, password: &'a str, remote: IpAddr) -> Checking<'a> {
        Box::pin(self.0.check(name, password, remote))
    }

    fn seen(&self, identity: &Identity, remote: IpAddr, user_agent: &str) {
        self.0.seen(identity, remote, user_agent);
    }
}
