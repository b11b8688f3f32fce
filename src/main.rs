//! The `rolodav` program.

fn main() -> std::process::ExitCode {
    rolodav::cli::main()
}
