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
    /// Range of the environments' networks (container groups, AKS nodes, their private endpoints).
    pub scoring_subnet: Cidr,
    /// Where agents are.
    pub agents: Agents,
    /// What the organization has already.
    pub hub: Option<Hub>,
}

impl PrivateNetwork {
    /// The range of environment number `index` of `count`, cut into private endpoints and scoring.
    ///
    /// A subnet with something in it cannot move: where there is room, ranges are cut as for more environments, up to
    /// eight, so that one that is added later leaves those of the others where they are.
    pub fn environment(&self, index: usize, count: usize) -> Option<(Cidr, Cidr)> {
        const ROOMY: u8 = 24;
        const SPARE: u8 = 3;
        let needed = u8::try_from(count.max(1).next_power_of_two().trailing_zeros()).ok()?;
        let bits = needed.max(ROOMY.saturating_sub(self.scoring_subnet.prefix()).min(SPARE));
        let own = self.scoring_subnet.part(bits, u32::try_from(index).ok()?)?;
        own.part(1, 0).zip(own.part(1, 1))
    }
}

/// Where the agents of the pipelines are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agents {
    /// In this subnet of the platform's network.
    Subnet(Cidr),
    /// In a network of their own.
    Network(NetworkId),
}

/// A hub: what an organization's networks have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Its network.
    pub network: NetworkId,
    /// Subscription and resource group of its private DNS zones, if it has them.
    pub zones: Option<(String, String)>,
    /// Private address of its firewall, if everything outbound passes one.
    pub firewall: Option<Ipv4Addr>,
}

/// A virtual network that is there already, by its resource id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkId(String);

impl NetworkId {
    /// Accepts the id of a virtual network.
    ///
    /// # Errors
    /// What such an id looks like, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "a virtual network is named by its id, `/subscriptions/<id>/resourceGroups/<group>/providers/\
                            Microsoft.Network/virtualNetworks/<name>`";
        let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
        let [_, _, _, _, providers, kind, networks, name] = parts.as_slice() else { return Err(FORM.to_owned()) };
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = providers.eq_ignore_ascii_case("providers")
            && kind.eq_ignore_ascii_case("Microsoft.Network")
            && networks.eq_ignore_ascii_case("virtualNetworks")
            && !name.is_empty()
            && name.len() <= 64
            && name.chars().all(good);
        group_id(&parts[..4].join("/")).ok().filter(|_| fits && text.starts_with('/')).ok_or(FORM)?;
        Ok(Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Subscription and name of a resource group that is named by its id.
///
/// # Errors
/// What such an id looks like, as a phrase.
pub fn group_id(text: &str) -> Result<(String, String), String> {
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let fits = |subscriptions: &str, groups: &str| {
        subscriptions.eq_ignore_ascii_case("subscriptions") && groups.eq_ignore_ascii_case("resourceGroups")
    };
    match parts.as_slice() {
        [subscriptions, id, groups, name]
            if fits(subscriptions, groups)
                && super::azure::Guid::parse(id).is_ok()
                && super::name::ResourceGroupName::parse(name).is_ok() =>
        {
            Ok(((*id).to_owned(), (*name).to_owned()))
        }
        _ => Err("a resource group is named by its id, `/subscriptions/<id>/resourceGroups/<name>`".to_owned()),
    }
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

    /// Addresses that a subnet of this range has for what is in it: Azure keeps five (Azure Virtual Network FAQ).
    pub fn usable(&self) -> u32 {
        (1 << (32 - u32::from(self.prefix))) - 5
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

    /// Whether an address lies in this range.
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & (u32::MAX << (32 - self.prefix)) == u32::from(self.address)
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
