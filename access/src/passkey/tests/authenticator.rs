//! An authenticator in software, and the browser in front of it: it makes key pairs on P-256 and signs what it is told to, right or wrong.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING as ES256, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bits of what an authenticator says (WebAuthn §6.1).
pub(super) const PRESENT: u8 = 1;
pub(super) const VERIFIED: u8 = 1 << 2;
pub(super) const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub(super) const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// Where the page is, as the browser and the authenticator see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) origin: &'static str,
    pub(super) rp_id: &'static str,
    pub(super) is_framed: bool,
}

pub(super) const OURS: Page =
    Page { origin: "https://crease.example", rp_id: "crease.example", is_framed: false };

/// One passkey.
pub(super) struct Authenticator {
    key: EcdsaKeyPair,
    pub(super) credential_id: Vec<u8>,
    /// What the site called the user; nothing before the registration, and where it was forgotten.
    pub(super) handle: Option<String>,
    pub(super) page: Page,
    pub(super) flags: u8,
    /// Of the last signature; 0 never grows, as with passkeys that are copied between devices.
    pub(super) counter: u32,
}

impl Authenticator {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ES256, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ES256, document.as_ref(), &random).expect("the key just made");
        let credential_id = store::seal::random::<32>().to_vec();
        let flags = PRESENT | VERIFIED;
        Self { key, credential_id, handle: None, page: OURS, flags, counter: 0 }
    }

    /// `navigator.credentials.create(options)`, without attestation.
    pub(super) fn create(&mut self, options: &Value) -> Value {
        let asked = &options["publicKey"];
        self.handle = asked["user"]["id"].as_str().map(str::to_owned);
        let client_data = self.client_data("webauthn.create", &asked["challenge"]);
        let data = [
            self.data(self.flags | HAS_CREDENTIAL),
            vec![0; 16], // no model
            vec![0, u8::try_from(self.credential_id.len()).expect("a short id")],
            self.credential_id.clone(),
            self.cose_key(),
        ]
        .concat();
        // A map of three: "fmt": "none", "attStmt": {}, "authData": bytes.
        let object = [
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58",
            [u8::try_from(data.len()).expect("below 256 bytes")].as_slice(),
            &data,
        ]
        .concat();
        self.answer(&json!({
            "clientDataJSON": BASE64URL.encode(client_data),
            "attestationObject": BASE64URL.encode(object),
            "transports": ["internal", "hybrid"],
        }))
    }

    /// `navigator.credentials.get(options)`
    pub(super) fn sign(&mut self, options: &Value) -> Value {
        if self.counter > 0 {
            self.counter += 1;
        }
        let client_data = self.client_data("webauthn.get", &options["publicKey"]["challenge"]);
        let data = self.data(self.flags);
        let signed = [data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let mut response = json!({
            "clientDataJSON": BASE64URL.encode(client_data),
            "authenticatorData": BASE64URL.encode(data),
            "signature": BASE64URL.encode(signature),
        });
        if let Some(handle) = &self.handle {
            response["userHandle"] = handle.as_str().into();
        }
        self.answer(&response)
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        let (origin, is_framed) = (self.page.origin, self.page.is_framed);
        let data =
            json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": is_framed });
        data.to_string().into_bytes()
    }

    /// Whose site, which flags, how many signatures.
    fn data(&self, flags: u8) -> Vec<u8> {
        let site = Sha256::digest(self.page.rp_id);
        [site.as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// A map of five (RFC 9053 §7.1.1): EC2, ES256, P-256, x, y.
    fn cose_key(&self) -> Vec<u8> {
        // 4, x, y.
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat()
    }

    /// As `PublicKeyCredential.toJSON()` writes it.
    fn answer(&self, response: &Value) -> Value {
        let id = BASE64URL.encode(&self.credential_id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }
}
