//! The transport: listeners, TLS, limits, sign-in on the wire; knows no DAV.

pub mod auth;
mod connection;
mod dispatch;
mod exchange;
mod forwarded;
mod gate;
mod health;
mod listener;
pub mod log;
mod logged_path;
mod metrics;
mod own_wakes;
mod paced;
mod reply_body;
mod request_body;
mod routes;
mod server;
mod signals;
mod tls;

pub use auth::{Authenticate, SignInNeed};
pub use health::Readiness;
pub use listener::Bound;
pub use routes::Routes;
pub use server::{ServeError, serve};
pub use signals::asked_to_stop;
