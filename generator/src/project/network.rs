//! Public or private networking.

use std::fmt;
use std::net::Ipv4Addr;

/// How resources are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// Public endpoints, guarded by identity.
    Public,
    /// A virtual network with private endpoints and private DNS; public access is off.
    Private(PrivateNetwork),
}

/// Address ranges of the private network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateNetwork {
    /// The virtual network of the platform; environments get the ranges below.
    pub address_space: Cidr,
    /// Subnet for private endpoints.
    pub endpoints_subnet: Cidr,
    /// Subnet for training nodes.
    pub training_subnet: Cidr,
    /// Subnet for scoring (container groups, AKS nodes).
    pub scoring_subnet: Cidr,
}

/// An IPv4 range in CIDR notation, its host bits zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: Ipv4Addr,
    prefix: u8,
}

impl Cidr {
    /// Accepts `10.0.0.0/16`: host bits zero, prefix 8 to 29 (Azure's limits of subnets).
    ///
    /// # Errors
    /// What is wrong, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(a, p)| Some((a.parse::<Ipv4Addr>().ok()?, p.parse::<u8>().ok()?)));
        let Some((address, prefix)) = parsed else {
            return Err("an address range has the form `10.0.0.0/16`".to_owned());
        };
        if !(8..=29).contains(&prefix) {
            return Err("the prefix of an Azure address range is 8 to 29".to_owned());
        }
        if u32::from(address) & (u32::MAX >> prefix) != 0 {
            return Err(format!("the host bits of {address}/{prefix} are not zero"));
        }
        Ok(Self { address, prefix })
    }

    /// Address number `index` of the range.
    pub fn address(&self, index: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.address) + index)
    }

    /// Length of the prefix.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Number `index` of the 2^`bits` equal parts of this range; `None` if there is no such part that Azure would take.
    pub fn part(&self, bits: u8, index: u32) -> Option<Self> {
        let prefix = self.prefix.checked_add(bits).filter(|p| *p <= 29)?;
        if index >= 1 << bits {
            return None;
        }
        let address = u32::from(self.address) | index << (32 - prefix);
        Some(Self { address: Ipv4Addr::from(address), prefix })
    }

    /// Whether the range is one of RFC 1918, which no one else uses.
    pub fn is_private(&self) -> bool {
        let within = |address, prefix| Self { address: Ipv4Addr::from(address), prefix }.contains(self);
        within([10, 0, 0, 0], 8) || within([172, 16, 0, 0], 12) || within([192, 168, 0, 0], 16)
    }

    /// Whether all of `other` lies in this range.
    pub fn contains(&self, other: &Self) -> bool {
        let mask = u32::MAX << (32 - self.prefix);
        other.prefix >= self.prefix && u32::from(other.address) & mask == u32::from(self.address)
    }

    /// Whether the ranges share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
