//! Turns the `[log]` settings into where log records go: standard error, for people or programs.

use std::backtrace::Backtrace;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat, LogLevel};
use crate::http::log::TARGET as ACCESS;

/// Starts logging, also of panics: where, and what was said in words of the program. A message that
/// was made for the case may quote what somebody's card says.
pub fn start(settings: &Log) {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let said = panic.payload().downcast_ref::<&str>();
        // Empty unless RUST_BACKTRACE is set.
        let trace = Backtrace::capture();
        tracing::error!(at, said, %trace, "a defect");
    }));
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;

    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries speak of every frame and page; what they warn of is enough.
    let targets = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target("rolodav", level)
        .with_target(ACCESS, if settings.access { level } else { LevelFilter::OFF });
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry();
    // A second start is a test in the same process; the first one's settings stay.
    let _ = match settings.format {
        LogFormat::Json => registry.with(lines.json().with_filter(targets)).try_init(),
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none();
            registry.with(lines.with_ansi(colours).with_filter(targets)).try_init()
        }
    };
}
