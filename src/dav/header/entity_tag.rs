//! Entity tags as they come back from clients and through proxies.

use crate::base::ETag;

/// What compressing proxies append to the tags of what they compressed.
const CODINGS: [&str; 6] = ["--gzip", "-gzip", ";gzip", "-br", "-zstd", "-deflate"];

/// Is this tag, as a client sent it, the tag of what is there?
pub(super) fn same(sent: &str, current: &ETag) -> bool {
    read(sent).as_ref() == Some(current)
}

/// A tag of ours as a client sent it. Tags come back without quotes, with escaped quotes, made
/// weak or marked by a compressing proxy; ours are 32 hex digits, so that what is left after all
/// of that is read.
pub fn read(sent: &str) -> Option<ETag> {
    let sent = sent.trim();
    let sent = sent.strip_prefix("W/").or_else(|| sent.strip_prefix("w/")).unwrap_or(sent);
    let opaque = bare(sent);
    let opaque = CODINGS.iter().find_map(|coding| opaque.strip_suffix(coding)).unwrap_or(opaque);
    ETag::from_hex(bare(opaque).as_bytes())
}

fn bare(tag: &str) -> &str {
    tag.trim_matches(['"', '\\', ' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_tags_in_every_disguise() {
        let current = ETag([0xAB; 16]);
        let hex = "ab".repeat(16);
        for sent in [
            format!("\"{hex}\""),
            hex.clone(),
            format!("W/\"{hex}\""),
            format!(" w/\"{hex}\" "),
            format!("\\\"{hex}\\\""),
            format!("\"{hex}-gzip\""),
            format!("\"{hex}\"-gzip"),
            format!("W/\"{hex}--gzip\""),
            format!("\"{hex}-br\""),
        ] {
            assert!(same(&sent, &current), "{sent}");
            assert_eq!(read(&sent), Some(current), "{sent}");
        }
        for sent in [
            String::new(),
            "nothing".into(),
            "*".into(),
            format!("\"{hex}0\""),
            format!("\"{}\"", hex.to_uppercase()),
            format!("\"{hex}-other\""),
            format!("\"x{hex}\""),
        ] {
            assert!(!same(&sent, &current), "{sent}");
        }
    }
}
