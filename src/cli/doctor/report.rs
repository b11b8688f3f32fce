//! What the doctor found: one line a check, with what to do where something is wrong.

use std::fmt::Write as _;

use serde::Serialize;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but not everywhere or not for long.
    Warning,
    /// Phones will fail here.
    Fault,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it went.
    pub verdict: Verdict,
    /// What was looked at.
    pub check: &'static str,
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub advice: Option<String>,
}

/// All checks, in their order.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// It is as it should be.
    pub fn ok(&mut self, check: &'static str, seen: impl Into<String>) {
        self.add(Verdict::Ok, check, seen.into(), None);
    }

    /// It works, but not everywhere.
    pub fn warning(&mut self, check: &'static str, seen: impl Into<String>, advice: &str) {
        self.add(Verdict::Warning, check, seen.into(), Some(advice.to_owned()));
    }

    /// Phones will fail.
    pub fn fault(&mut self, check: &'static str, seen: impl Into<String>, advice: &str) {
        self.add(Verdict::Fault, check, seen.into(), Some(advice.to_owned()));
    }

    fn add(&mut self, verdict: Verdict, check: &'static str, seen: String, advice: Option<String>) {
        self.findings.push(Finding { verdict, check, seen, advice });
    }

    /// Is anything wrong?
    pub fn has_faults(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict == Verdict::Fault)
    }

    /// For the terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Finding { verdict, check, seen, advice } in &self.findings {
            let verdict = match verdict {
                Verdict::Ok => "ok     ",
                Verdict::Warning => "warning",
                Verdict::Fault => "FAULT  ",
            };
            // What a server says could hold anything.
            let seen: String = seen.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(text, "{verdict}  {check}: {seen}");
            if let Some(advice) = advice {
                let _ = writeln!(text, "         -> {advice}");
            }
        }
        text
    }
}
