//! Short fingerprints of values, the same on every machine and in every version: keys and counts
//! are filed under them.

/// A fingerprint in the making (FNV-1a of 64 bits, its bits mixed at the end).
#[derive(Debug, Clone, Copy)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// One of a `kind` of values: the same value of another kind has another one.
    pub fn new(kind: &str) -> Self {
        let mut print = Self(0xcbf2_9ce4_8422_2325);
        print.text(kind);
        print
    }

    /// Takes in a part of the value; parts are told apart.
    pub fn text(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The fingerprint.
    pub fn done(self) -> u64 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The fingerprint of a value that has these parts.
pub fn of(kind: &str, parts: &[&str]) -> u64 {
    let mut print = Fingerprint::new(kind);
    for part in parts {
        print.text(part);
    }
    print.done()
}
