//! Certificates that a vault makes and signs itself, by the machine's `openssl`. As in Key Vault, a secret of the same name
//! holds key and certificate as PEM.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::secrets::{known, put, value};
use crate::access;
use crate::az::call::{Answer, Call};
use crate::az::failure::Failure;
use crate::services::Who;
use crate::store::Store;

/// The media type of such a secret.
const PEM: &str = "application/x-pem-file";

pub(super) fn list(call: &Call<'_>) -> Answer {
    let vault = call.need("vault-name")?;
    access::certificates(call.store, vault, "read")?;
    let all = known(call.store, Who::Service, vault)?.into_iter().filter(|known| known.kind.as_deref() == Some(PEM));
    Ok(all.map(|known| json!({ "name": known.name, "attributes": { "enabled": true } })).collect())
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let (vault, name, policy) = (call.need("vault-name")?, call.need("name")?, call.need("policy")?);
    access::certificates(call.store, vault, "create/action")?;
    let text = match policy.strip_prefix('@') {
        Some(file) => {
            let path = call.here.join(file);
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?
        }
        None => policy.to_owned(),
    };
    let policy: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("the policy of certificate {name} is no JSON: {error}")))?;
    put(call.store, Who::Service, vault, name, &made(call.store, &policy)?, Some(PEM))?;
    Ok(json!({ "name": name, "status": "completed", "issuerParameters": { "name": "Self" } }))
}

/// Key and certificate as a policy asks for them.
fn made(store: &Store, policy: &Value) -> Result<String, Failure> {
    let wanted = &policy["x509CertificateProperties"];
    let expect = |path: &str, expected: &str| match policy.pointer(path).and_then(Value::as_str) {
        Some(found) if found == expected => Ok(()),
        found => Err(Failure::refused(format!(
            "(BadParameter) the sandbox's vault makes certificates whose {path} is {expected}, not {}",
            found.unwrap_or("missing")
        ))),
    };
    expect("/issuerParameters/name", "Self")?;
    expect("/keyProperties/keyType", "RSA")?;
    expect("/secretProperties/contentType", PEM)?;
    let subject = wanted["subject"].as_str().unwrap_or_default();
    let names = wanted["subjectAlternativeNames"]["dnsNames"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(Value::as_str).map(|name| format!("DNS:{name}")).collect();
    let days = wanted["validityInMonths"].as_u64().unwrap_or(12) * 30;
    // within the sandbox, so that nothing of a key is left elsewhere when this is killed
    let folder = store.folder().join(format!("certificate-{}", std::process::id()));
    let machine = |error: std::io::Error| Failure::refused(format!("cannot make a certificate: {error}"));
    std::fs::create_dir_all(&folder).map_err(machine)?;
    let (key, shown) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-noenc", "-sha256", "-newkey"]);
    command.arg(format!("rsa:{}", policy["keyProperties"]["keySize"].as_u64().unwrap_or(2048)));
    command.arg("-keyout").arg(&key).arg("-out").arg(&shown).args(["-days", &days.to_string()]);
    command.arg("-subj").arg(format!("/{subject}")).args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    command.args(["-addext", "keyUsage=critical,digitalSignature,keyEncipherment"]);
    command.args(["-addext", "extendedKeyUsage=serverAuth"]);
    if !names.is_empty() {
        command.arg("-addext").arg(format!("subjectAltName={}", names.join(",")));
    }
    let output = command.output();
    let read = |path| std::fs::read_to_string(path).map_err(machine);
    let pem = match output {
        Ok(output) if output.status.success() => read(&key).and_then(|key| Ok(key + &read(&shown)?)),
        Ok(output) => Err(Failure::refused(format!("openssl: {}", String::from_utf8_lossy(&output.stderr).trim()))),
        Err(error) => Err(Failure::refused(format!("the sandbox's vault needs openssl on the PATH: {error}"))),
    };
    let _ = std::fs::remove_dir_all(&folder);
    pem
}

/// The certificate of a secret, without its key.
fn public(call: &Call<'_>) -> Result<String, Failure> {
    let (vault, name) = (call.need("vault-name")?, call.need("name")?);
    let missing = || {
        Failure::missing(format!(
            "(CertificateNotFound) A certificate with (name/id) {name} was not found in this key vault."
        ))
    };
    access::certificates(call.store, vault, "read")?;
    let text = value(call.store, Who::Service, vault, name)?.ok_or_else(missing)?;
    let start = text.find("-----BEGIN CERTIFICATE-----").ok_or_else(missing)?;
    Ok(text[start..].to_owned())
}

/// The certificate as DER in Base64.
fn encoded(pem: &str) -> String {
    pem.lines().skip(1).take_while(|line| !line.starts_with("-----")).collect()
}

pub(super) fn show(call: &Call<'_>) -> Answer {
    let pem = public(call)?;
    Ok(json!({ "name": call.need("name")?, "cer": encoded(&pem), "attributes": { "enabled": true } }))
}

pub(super) fn download(call: &Call<'_>) -> Answer {
    let pem = public(call)?;
    let path = call.here.join(call.need("file")?);
    let content = match call.arguments.one("encoding").unwrap_or("PEM") {
        "PEM" => pem.into_bytes(),
        "DER" => STANDARD.decode(encoded(&pem)).map_err(|error| format!("the certificate is no Base64: {error}"))?,
        other => return Err(Failure::usage(format!("--encoding is PEM or DER, not {other}"))),
    };
    if path.exists() {
        return Err(Failure::refused(format!("File or directory named '{}' already exists.", path.display())));
    }
    std::fs::write(&path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use crate::az::check;
    use crate::store::Store;

    const POLICY: &str = r#"{"issuerParameters": {"name": "Self"}, "keyProperties": {"keyType": "RSA", "keySize": 2048},
        "secretProperties": {"contentType": "application/x-pem-file"},
        "x509CertificateProperties": {"subject": "CN=scoring", "subjectAlternativeNames": {"dnsNames": ["a.example"]}}}"#;

    #[test]
    fn a_vault_makes_certificates_and_gives_out_the_public_half() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("policy.json"), POLICY).unwrap();
        std::fs::write(folder.path().join("other.json"), POLICY.replace("Self", "Unknown")).unwrap();
        let az = |line: &str| check(&store, folder.path(), line).map_err(|failure| failure.code);
        let list = "keyvault certificate list --vault-name v --query [].name -o tsv";
        let create = |policy: &str| {
            az(&format!("keyvault certificate create --vault-name v --name tls --policy @{policy} -o none"))
        };
        assert_eq!(az(list).as_deref(), Ok(""));
        assert_eq!(az("keyvault certificate show --vault-name v --name tls"), Err(3));
        assert_eq!(create("other.json"), Err(1));
        assert_eq!(create("policy.json").as_deref(), Ok(""));
        assert_eq!(az(list).as_deref(), Ok("tls\n"));
        let secret = az("keyvault secret show --vault-name v --name tls --query value -o tsv").unwrap();
        assert!(secret.contains("BEGIN PRIVATE KEY") && secret.contains("BEGIN CERTIFICATE"), "{secret}");
        assert_eq!(az("keyvault certificate download --vault-name v --name tls --file c.pem").as_deref(), Ok(""));
        let file = std::fs::read_to_string(folder.path().join("c.pem")).unwrap();
        assert!(file.starts_with("-----BEGIN CERTIFICATE-----") && !file.contains("PRIVATE"), "{file}");
        let cer = az("keyvault certificate show --vault-name v --name tls --query cer -o tsv").unwrap();
        assert!(file.replace('\n', "").contains(cer.trim()), "{cer}");
    }
}
