//! Every command line means what it says, and the grammar itself is sound.

use super::*;

fn parse(line: &str) -> Result<Invocation, clap::Error> {
    let words = std::iter::once("rolodav").chain(line.split_whitespace());
    let matches = grammar().try_get_matches_from(words)?;
    Ok(read(&matches).unwrap_or_else(|| panic!("`rolodav {line}` is in the grammar but not read")))
}

/// One line for each command at least.
const LINES: &[&str] = &[
    "serve --listen 127.0.0.1:0 --listen [::1]:0",
    "user add anna --mail a@example.org --display-name A --admin --password-stdin",
    "user add anna --no-password",
    "user passwd anna --password-stdin",
    "user disable anna",
    "user enable anna",
    "user remove anna",
    "user zone anna",
    "user zone anna Europe/Paris",
    "user list",
    "device add anna phone --read-only --book a --book b/c --default-book a",
    "device add anna mac --groups cards --history off",
    "device list anna",
    "device revoke anna 3",
    "device profile anna 3 --read-only",
    "group add team --display-name Team",
    "group remove team",
    "group members team --add anna --remove bob",
    "group list",
    "book share anna contacts bob --read-write",
    "book unshare anna contacts bob",
    "book shares anna",
    "book list anna",
    "book create anna work --display-name Work",
    "book attention anna contacts",
    "book trash anna",
    "calendar list anna",
    "calendar create anna work --display-name Work",
    "calendar create anna todo --tasks",
    "calendar create anna diary --journal",
    "calendar remove anna work",
    "calendar share anna work bob --read-write",
    "calendar unshare anna work bob",
    "calendar shares anna",
    "calendar delegate anna bob --read-write",
    "calendar undelegate anna bob",
    "calendar delegates anna",
    "calendar trash anna",
    "calendar publish anna work --label kitchen",
    "calendar published anna",
    "calendar unpublish anna 1",
    "calendar birthdays anna",
    "calendar birthdays anna --alarm 7@18:30 --alarm 0@9",
    "calendar birthdays anna --no-alarms",
    "search anna muller 0171 --book work --limit 5 --skip 5 --json",
    "search anna +49 171",
    "duplicates scan anna",
    "duplicates scan anna --book work --json",
    "duplicates list anna",
    "duplicates automatic anna",
    "duplicates automatic anna on",
    "duplicates not-same anna u1 u2 u3",
    "quality anna",
    "quality anna --book work --kind broken-mail --most 5 --json",
    "quality list anna --kind stale",
    "quality show anna bert",
    "quality confirm anna club/a.vcf",
    "quality tag anna",
    "quality tag anna on --kind stale --kind broken-mail",
    "quality clean anna --kind phones --kind broken-mail --book work --preview",
    "quality clean anna bert",
    "quality cleanups anna",
    "quality undo anna 7",
    "retention set anna/club move-to-trash --after 24 --unit months --since changed --notice 14 --exempt-tag VIP",
    "retention set anna/club erase --after 3650",
    "retention list anna",
    "retention preview anna --book work",
    "retention remove anna/club 7",
    "retention keep anna bert",
    "retention keep anna bert --no-longer",
    "note anna bert +call yesterday spoke about the offer --with carl",
    "note add anna bert lunch --kind meeting --at mon --minutes 60 --direction out --with carl",
    "note add anna bert --kind call --link https://example.org",
    "note list anna bert --last 5",
    "note edit anna 1a2b --text other --kind call --at today --minutes 0 --direction none",
    "note edit anna 1a2b --with bert --with carl --link https://example.org",
    "note remove anna 1a2b",
    "stage anna bert",
    "stage anna bert client --every 30d",
    "followup add anna bert call --due fri",
    "followup list anna --all",
    "followup done anna 1a2b3c4d",
    "followup snooze anna 1a2b3c4d 3d",
    "followup drop anna 1a2b3c4d",
    "capture events",
    "capture events anna --since 2026-01-01",
    "field define anna size --type choice --choice S --choice L --property X-SIZE --required",
    "field list anna",
    "field list anna bert",
    "field set anna bert size L",
    "field set anna bert size",
    "field remove anna size",
    "restore anna contacts --as old",
    "restore anna contacts/a.vcf --version 2",
    "history anna contacts/a.vcf",
    "history anna contacts/a.vcf --show 1",
    "history anna contacts/a.vcf --diff",
    "conflicts anna",
    "conflicts anna --show 3",
    "conflicts anna --remove 3",
    "merge anna a b c --into b --preview",
    "undo anna 7",
    "merges anna",
    "person export anna bert --text",
    "consent set anna bert newsletter granted --source form --date 2026-01-02 --until 2027-01-02",
    "consent list anna bert",
    "consent history anna bert newsletter",
    "person erase anna bert --preview",
    "person erase anna bert --yes",
    "person erased anna",
    "person allow anna 12",
    "import anna/contacts cards.vcf",
    "import anna/contacts - --quiet",
    "export anna",
    "export anna contacts",
    "export anna --calendars",
    "export anna --format jscontact",
    "export bert anna/team --format vcard --without-history",
    "audit",
    "audit anna --since 2026-11-01 --until 2026-11-03 --contact bert --device phone --limit 5",
    "audit verify",
    "audit verify --head 1:ab",
    "check",
    "check --repair",
    "doctor dav.example.org",
    "doctor dav.example.org --user anna --password-stdin",
    "tag list alice",
    "capture address anna",
    "capture address anna --renew",
    "capture address anna --revoke",
    "capture own anna --add a@example.org --add b@example.org --remove c@example.org",
    "capture senders anna",
    "capture assign anna bert@example.org contacts/bert",
    "capture dismiss anna bert@example.org",
    "capture mail --to anna+x@example.org --from bert@example.org",
    "tag create alice Work/Berlin --color #3584e4",
    "tag add alice Friends contacts/a.vcf bob@example.org",
    "tag remove alice Friends a",
    "tag rename alice Friends Pals --merge",
    "tag delete alice Pals",
];

/// The commands that these lines mean.
pub fn commands() -> impl Iterator<Item = Command> {
    LINES.iter().filter_map(|line| match parse(line).ok()?.action {
        Action::Command(command)
        | Action::WithPassword { command, .. }
        | Action::Import { command, .. } => Some(command),
        Action::Serve
        | Action::Compact
        | Action::Doctor { .. }
        | Action::Mail { .. }
        | Action::PersonExport { .. } => None,
    })
}

#[test]
fn the_grammar_holds_together() {
    grammar().debug_assert();
}

#[test]
fn every_command_of_the_grammar_is_read() {
    for line in LINES {
        if let Err(error) = parse(line) {
            panic!("`rolodav {line}`: {error}");
        }
    }
}

#[test]
fn options_are_found_wherever_they_stand() {
    for line in
        ["--data D --json user list", "user --data D list --json", "user list --json --data D"]
    {
        let options = parse(line).unwrap().options;
        assert_eq!(options.data.as_deref(), Some(std::path::Path::new("D")), "{line}");
        assert!(options.json, "{line}");
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    for line in ["", "user", "user add", "nonsense", "user list --listen x", "device revoke a b"] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "`rolodav {line}`");
    }
}
