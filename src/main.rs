//! The `rolodav` program.

fn main() {}
