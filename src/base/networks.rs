//! Sets of addresses and networks, as settings name them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A set of addresses and networks (`10.0.0.0/8`, `::1`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// `bits` leading bits of `address`; IPv4 is kept in its IPv6-mapped form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Network {
    address: u128,
    bits: u32,
}

/// A setting that is no address or network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotANetwork(String);

// === impl Networks ===

impl Networks {
    /// Takes a list as the settings hold it.
    pub fn parse(list: &[String]) -> Result<Self, NotANetwork> {
        list.iter().map(|text| Network::parse(text)).collect::<Result<_, _>>().map(Self)
    }

    /// Is `address` one of them?
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = mapped(address);
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address = IpAddr::from_str(address.trim()).map_err(|_| wrong())?;
        let (most, skipped) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| wrong()))?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { address: mapped(address), bits: bits + skipped })
    }

    fn contains(&self, address: u128) -> bool {
        (self.address ^ address).checked_shr(128 - self.bits).unwrap_or(0) == 0
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no address or network; write 192.0.2.7, 10.0.0.0/8 or fd00::/8.", self.0)
    }
}

impl std::error::Error for NotANetwork {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_their_bits_say() {
        let table = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::", true),
            ("2001:db8::/32", "2001:db9::", false),
        ];
        for (network, address, expected) in table {
            let networks = Networks::parse(&[network.to_owned()]).unwrap();
            assert_eq!(
                networks.contains(address.parse().unwrap()),
                expected,
                "{address} in {network}"
            );
        }
        for wrong in ["", "10.0.0.0/33", "::/129", "example.org", "10.0.0.0/-1", "10.0.0"] {
            assert!(Networks::parse(&[wrong.to_owned()]).is_err(), "{wrong:?} was taken");
        }
    }
}
