//! Which addresses may be fetched from: those of the public internet, and those that the settings
//! name besides. Addresses that carry another one inside are judged by that one, too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::Networks;

/// Judges addresses.
#[derive(Debug, Clone, Default)]
pub struct Vetting {
    /// What may be fetched from although it is not public.
    pub also: Networks,
}

impl Vetting {
    /// May `address` be connected to?
    pub fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.also.contains(address)
    }
}

/// Is `address` one that anybody on the internet can reach, and not one of this machine, of a
/// network behind it, of its cloud, or of nobody (IANA special-purpose registries, RFC 6890)?
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    /// First address and bits.
    const SPECIAL: [([u8; 4], u32); 17] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        // Clouds tell their secrets to whoever asks from inside: 169.254.169.254 and this one.
        ([168, 63, 129, 16], 32),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 31, 196, 0], 24),
        ([192, 52, 193, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        // Multicast, what is reserved, broadcast.
        ([224, 0, 0, 0], 3),
    ];
    let bits = address.to_bits();
    !SPECIAL.iter().any(|(first, length)| {
        (bits ^ u32::from_be_bytes(*first)).checked_shr(32 - length).unwrap_or(0) == 0
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let within = |first: Ipv6Addr, length: u32| (bits ^ first.to_bits()) >> (128 - length) == 0;
    let v6 = Ipv6Addr::new;
    let inside = |shift: u32| is_public_v4(Ipv4Addr::from_bits((bits >> shift) as u32));
    // IPv4-mapped, and what a NAT64 makes an IPv4 address of (RFC 6052).
    if within(v6(0, 0, 0, 0, 0, 0xffff, 0, 0), 96) || within(v6(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)
    {
        return inside(0);
    }
    // 6to4 (RFC 3056).
    if within(v6(0x2002, 0, 0, 0, 0, 0, 0, 0), 16) {
        return inside(80);
    }
    let special = [
        // Teredo, ORCHID, benchmarks and other protocols' own.
        (v6(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (v6(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
        (v6(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    // ISATAP (RFC 5214) carries an IPv4 address at the end.
    let is_isatap = matches!((bits >> 32) as u32, 0x0000_5efe | 0x0200_5efe);
    within(v6(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !special.iter().any(|(first, length)| within(*first, *length))
        && (!is_isatap || inside(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_admitted() {
        let table = [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("169.253.1.1", true),
            ("198.17.0.1", true),
            ("198.20.0.1", true),
            ("223.255.255.254", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("10.255.255.255", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("127.0.0.1", false),
            ("127.255.0.9", false),
            ("168.63.129.16", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.7", false),
            ("203.0.113.7", false),
            ("224.0.0.1", false),
            ("239.1.2.3", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::8.8.8.8", false),
            ("::ffff:8.8.8.8", true),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:0:127.0.0.1", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:0:53aa:64c::1", false),
            ("2001:10::1", false),
            ("2001:db8::1", false),
            ("2002:808:808::1", true),
            ("2002:7f00:1::1", false),
            ("2002:a00:1::1", false),
            ("2002:c0a8:101::1", false),
            ("2a00:1450::5efe:8.8.8.8", true),
            ("2a00:1450::5efe:10.0.0.1", false),
            ("2a00:1450::200:5efe:192.168.0.1", false),
            ("3fff::1", false),
            ("5f00::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ];
        for (address, expected) in table {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(is_public(address), expected, "{address}");
        }
    }

    #[test]
    fn what_the_settings_name_is_admitted_and_nothing_beside_it() {
        let also = Networks::parse(&["192.168.1.0/24".to_owned(), "::1".to_owned()]).unwrap();
        let vetting = Vetting { also };
        for (address, expected) in [
            ("192.168.1.9", true),
            ("::ffff:192.168.1.9", true),
            ("::1", true),
            ("192.168.2.1", false),
            ("127.0.0.1", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(vetting.admits(address.parse().unwrap()), expected, "{address}");
        }
    }
}
