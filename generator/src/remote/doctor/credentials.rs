//! Who the caller is.

use super::Finding;

const CHECK: &str = "credentials";

/// What was read about the caller in a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its name and tenant, or why it could not be read, with the next step.
    pub seen: Result<(String, String), (String, String)>,
    /// The tenant that the project says; `None` where it does not.
    pub tenant: Option<String>,
}

/// Azure DevOps: the name of the caller (`None` for an anonymous one), or why it could not be read, with the next step.
pub fn devops(organization: &str, credential: &str, who: Result<Option<String>, (String, String)>) -> Finding {
    match who {
        Ok(Some(name)) => Finding::good(CHECK, format!("Azure DevOps takes you for {name} in {organization}")),
        Ok(None) => Finding::blocks(
            CHECK,
            format!("Azure DevOps does not know you in {organization} (credential: {credential})"),
            "sign in with `az login`, to the tenant of the organization",
        ),
        Err((why, next)) => {
            Finding::blocks(CHECK, format!("Azure DevOps does not let you into {organization}: {why}"), next)
        }
    }
}

/// Azure: one finding for each subscription.
pub fn azure(credential: &str, who: Option<&str>, subscriptions: &[Subscription]) -> Vec<Finding> {
    let who = who.map_or_else(|| format!("the credential of {credential}"), str::to_owned);
    let one = |subscription: &Subscription| match (&subscription.seen, &subscription.tenant) {
        (Err((why, next)), _) => {
            Finding::blocks(CHECK, format!("{who} does not see the subscription {}: {why}", subscription.id), next)
        }
        (Ok((name, tenant)), Some(wanted)) if !tenant.is_empty() && !tenant.eq_ignore_ascii_case(wanted) => {
            Finding::blocks(
                CHECK,
                format!(
                    "the subscription {name} ({}) is in the tenant {tenant}, the project says {wanted}",
                    subscription.id
                ),
                "set the right tenant, in the spec or in its variable",
            )
        }
        (Ok((name, _)), _) => Finding::good(CHECK, format!("{who} sees the subscription {name} ({})", subscription.id)),
    };
    subscriptions.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::doctor::Level;

    #[test]
    fn a_subscription_must_be_seen_and_in_the_tenant_that_the_project_says() {
        let cases = [
            (Ok(("Dev".to_owned(), "T1".to_owned())), Some("t1"), Level::Good),
            (Ok(("Dev".to_owned(), "t2".to_owned())), Some("t1"), Level::Blocks),
            (Ok(("Dev".to_owned(), "t2".to_owned())), None, Level::Good),
            (Err(("no".to_owned(), "next".to_owned())), Some("t1"), Level::Blocks),
        ];
        for (seen, tenant, level) in cases {
            let subscription = Subscription { id: "s".to_owned(), seen, tenant: tenant.map(str::to_owned) };
            let found = azure("az", None, &[subscription]);
            assert_eq!(found[0].level, level, "{found:?}");
            assert_eq!(found[0].remedy.is_some(), level == Level::Blocks);
        }
        assert_eq!(devops("o", "pat", Ok(None)).level, Level::Blocks);
        assert!(devops("o", "pat", Ok(Some("Ada".into()))).says.contains("Ada"));
    }
}
