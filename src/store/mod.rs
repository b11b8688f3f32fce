//! Typed records over an ordered key-value engine.

pub mod engine;
