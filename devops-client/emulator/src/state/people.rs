//! People, groups and service principals.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A person, a group or a service principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The storage key.
    pub id: Uuid,
    /// The name shown.
    pub display_name: String,
    /// The mail address; for groups, their scope; for service principals, their object id in Entra.
    pub unique_name: String,
    /// Whether it is a group.
    pub group: bool,
    /// Whether it is a service principal of Entra, and if so, whether it is active here.
    #[serde(default)]
    pub principal: Option<Standing>,
}

impl Identity {
    /// The Graph's descriptor: kind and an encoded id.
    pub fn descriptor(&self) -> String {
        let kind = match self.principal {
            Some(_) => "aadsp",
            None if self.group => "vssgp",
            None => "aad",
        };
        format!("{kind}.{}", BASE64_STANDARD_NO_PAD.encode(self.id.to_string()))
    }

    /// The Graph's word for what it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self.principal {
            Some(_) => "servicePrincipal",
            None if self.group => "group",
            None => "user",
        }
    }

    /// The short form that other areas embed.
    pub fn reference(&self, root: &str) -> Value {
        json!({
            "displayName": self.display_name,
            "url": format!("{root}/_apis/Identities/{}", self.id),
            "_links": { "avatar": { "href": format!("{root}/_apis/GraphProfile/MemberAvatars/{}", self.descriptor()) } },
            "id": self.id,
            "uniqueName": self.unique_name,
            "imageUrl": format!("{root}/_apis/GraphProfile/MemberAvatars/{}", self.descriptor()),
            "descriptor": self.descriptor(),
        })
    }

    pub(crate) fn identity(&self) -> Value {
        let property = |value: &str| json!({ "$type": "System.String", "$value": value });
        json!({
            "id": self.id,
            "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{}", self.unique_name),
            "subjectDescriptor": self.descriptor(),
            "providerDisplayName": self.display_name,
            "isActive": true,
            "isContainer": self.group,
            "members": [], "memberOf": [], "memberIds": [],
            "properties": {
                "SchemaClassName": property(if self.group { "Group" } else { "User" }),
                "Account": property(&self.unique_name),
                "Mail": property(if self.group { "" } else { &self.unique_name }),
            },
            "resourceVersion": 2,
            "metaTypeId": if self.group { 255 } else { 0 },
        })
    }

    /// What the Graph says of it.
    pub fn subject(&self, root: &str) -> Value {
        let kind = self.kind();
        let area = match self.principal {
            Some(_) => "ServicePrincipals",
            None if self.group => "Groups",
            None => "Users",
        };
        let url = format!("{root}/_apis/Graph/{area}/{}", self.descriptor());
        let mut body = json!({
            "subjectKind": kind,
            "domain": if self.group { "vstfs:///Classification/TeamProject" } else { "aad" },
            "principalName": if self.group { &self.display_name } else { &self.unique_name },
            "mailAddress": if self.group { Value::Null } else { json!(self.unique_name) },
            "origin": if self.group { "vsts" } else { "aad" },
            "originId": self.id,
            "displayName": self.display_name,
            "url": url,
            "descriptor": self.descriptor(),
            "_links": { "self": { "href": url } },
        });
        if self.principal.is_some() {
            body["metaType"] = json!("application");
            body["originId"] = json!(self.unique_name);
            body["mailAddress"] = Value::Null;
        } else if !self.group {
            body["metaType"] = json!("member");
        }
        body
    }
}

/// How a service principal stands in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It may be a member of groups.
    Active,
    /// It was removed: it is shown, and is a member of nothing.
    Disabled,
}
