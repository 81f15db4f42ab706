//! Functions of address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::value::Val;

type Made = Result<Val, String>;

/// Calls the function called `name` (in small letters) if it is one of address ranges.
pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Made> {
    let number = |value: &serde_json::Number| value.as_i64().unwrap_or(-1);
    Some(match (name, arguments) {
        ("cidrsubnet", [Val::Text(range), Val::Number(size), Val::Number(index)]) => {
            Range::read(range).and_then(|range| range.subnet(number(size), number(index)))
        }
        ("cidrhost", [Val::Text(range), Val::Number(index)]) => {
            Range::read(range).and_then(|range| range.host(number(index)))
        }
        ("parsecidr", [Val::Text(range)]) => Range::read(range).map(|range| range.parts()),
        _ => return None,
    })
}

/// A range of addresses: the first one, the bits that are fixed, and whether it is of version 6.
struct Range {
    first: u128,
    fixed: u32,
    six: bool,
}

impl Range {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address range such as 10.0.0.0/16");
        let (address, fixed) = text.split_once('/').ok_or_else(wrong)?;
        let fixed: u32 = fixed.parse().map_err(|_| wrong())?;
        let (address, six) = match address.parse::<IpAddr>().map_err(|_| wrong())? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), false),
            IpAddr::V6(address) => (u128::from(address), true),
        };
        let bits = if six { 128 } else { 32 };
        if fixed > bits {
            return Err(wrong());
        }
        let range = Self { first: address, fixed, six };
        Ok(Self { first: address & !range.rest(), ..range })
    }

    fn bits(&self) -> u32 {
        if self.six { 128 } else { 32 }
    }

    /// The bits that differ between addresses of the range.
    fn rest(&self) -> u128 {
        let free = self.bits() - self.fixed;
        if free == 128 { u128::MAX } else { (1_u128 << free) - 1 }
    }

    fn shown(&self, address: u128) -> String {
        if self.six { Ipv6Addr::from(address).to_string() } else { Ipv4Addr::from(address as u32).to_string() }
    }

    fn subnet(&self, fixed: i64, index: i64) -> Made {
        let fits = u32::try_from(fixed).ok().filter(|fixed| (self.fixed..=self.bits()).contains(fixed));
        let (Some(fixed), Ok(index)) = (fits, u128::try_from(index)) else {
            return Err(format!("cidrSubnet() has no subnet {index} of {fixed} bits"));
        };
        let more = fixed - self.fixed;
        if more < 128 && index >> more != 0 {
            return Err(format!("cidrSubnet() has no subnet {index} of {fixed} bits: there are {}", 1_u128 << more));
        }
        let free = self.bits() - fixed;
        let first = self.first | if free == 128 { 0 } else { index << free };
        Ok(Val::text(format!("{}/{fixed}", self.shown(first))))
    }

    /// The usable address at `index`: of version 4, the first one is the network's own.
    fn host(&self, index: i64) -> Made {
        let skipped = u128::from(self.bits() - self.fixed > 1);
        match u128::try_from(index).ok().and_then(|index| index.checked_add(skipped)) {
            Some(index) if index <= self.rest() => Ok(Val::text(self.shown(self.first + index))),
            _ => Err(format!("cidrHost() has no address {index} in the range")),
        }
    }

    fn parts(&self) -> Val {
        let (last, usable) = (self.first | self.rest(), u128::from(self.bits() - self.fixed > 1));
        let text = |name: &str, address: u128| (name.to_owned(), Val::text(self.shown(address)));
        let mask = if self.six { u128::MAX } else { u128::from(u32::MAX) } & !self.rest();
        let mut parts = vec![text("network", self.first), text("netmask", mask)];
        if !self.six {
            parts.push(text("broadcast", last));
        }
        let end = if self.six { last } else { last - usable };
        parts.extend([text("firstUsable", self.first + usable), text("lastUsable", end)]);
        parts.push(("cidr".to_owned(), Val::int(i64::from(self.fixed))));
        Val::Object(parts)
    }
}
