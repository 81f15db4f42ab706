//! Enumerations of the service, which grow without notice.

/// Declares an enum of strings that keeps values it does not know in `Other`, so that they survive being read and
/// written back. Known values are matched without regard to case, as the service is not consistent in it
/// (`rawtext` on the wire, `rawText` in the document).
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A value that this version of the crate does not know, as it was sent.
            Other(String),
        }

        impl $name {
            /// The value as it is written on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) { return Self::$variant; })+
                Self::Other(text.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    open_enum! {
        /// A colour.
        Colour {
            /// Red.
            Red = "red",
        }
    }

    #[test]
    fn unknown_values_survive_a_round_trip() {
        let colours: Vec<Colour> = serde_json::from_str(r#"["Red","ultraViolet"]"#).unwrap();
        assert_eq!(colours, [Colour::Red, Colour::Other("ultraViolet".into())]);
        assert_eq!(serde_json::to_string(&colours).unwrap(), r#"["red","ultraViolet"]"#);
    }
}
