//! What the page reads from an OpenAPI document: operations by tag, references, names of anchors.

use serde_json::{Map, Value};

/// In the order in which a reader wants them.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// An OpenAPI 3.1 document. Whatever is missing or of another type than expected reads as empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description<'a>(pub(super) &'a Value);

/// One method of one path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) value: &'a Value,
    /// Parameters that all methods of the path share.
    pub(super) shared_parameters: &'a [Value],
}

/// Operations that belong together.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) operations: Vec<Operation<'a>>,
}

impl<'a> Description<'a> {
    /// All operations under their first tag: declared tags in their order, then others, then those that have none.
    pub(super) fn groups(self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = list(&self.0["tags"])
            .iter()
            .map(|tag| Group {
                name: text(&tag["name"]),
                description: text(&tag["description"]),
                operations: Vec::new(),
            })
            .collect();
        let mut untagged = Group { name: "other", description: "", operations: Vec::new() };
        for operation in self.operations() {
            let Some(name) = operation.value["tags"][0].as_str() else {
                untagged.operations.push(operation);
                continue;
            };
            match groups.iter_mut().find(|it| it.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { name, description: "", operations: vec![operation] }),
            }
        }
        groups.push(untagged);
        groups.retain(|it| !it.operations.is_empty());
        groups
    }

    pub(super) fn operations(self) -> impl Iterator<Item = Operation<'a>> {
        entries(&self.0["paths"]).flat_map(|(path, item)| {
            METHODS.into_iter().filter_map(move |method| {
                let shared_parameters = list(&item["parameters"]);
                Some(Operation { method, path, value: item.get(method)?, shared_parameters })
            })
        })
    }

    pub(super) fn schemas(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.0["components"]["schemas"])
    }

    pub(super) fn security_schemes(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.0["components"]["securitySchemes"])
    }

    /// What a value stands for: itself, or what its `$ref` names in this document. A reference to a reference is
    /// followed once more, no further, so that two which name each other end.
    pub(super) fn resolve(self, value: &'a Value) -> &'a Value {
        let once = self.target(value).unwrap_or(value);
        self.target(once).unwrap_or(once)
    }

    fn target(self, value: &'a Value) -> Option<&'a Value> {
        self.0.pointer(value["$ref"].as_str()?.strip_prefix('#')?)
    }
}

impl<'a> Operation<'a> {
    /// Its own parameters, then the path's.
    pub(super) fn parameters(&self, description: Description<'a>) -> Vec<&'a Value> {
        let own = list(&self.value["parameters"]);
        own.iter().chain(self.shared_parameters).map(|it| description.resolve(it)).collect()
    }

    pub(super) fn anchor(&self) -> String {
        anchor(self.method, self.path)
    }

    /// Answers by status, references resolved.
    pub(super) fn responses(
        &self,
        description: Description<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.value["responses"]).map(move |(status, it)| (status, description.resolve(it)))
    }

    /// Whether a key is asked for: what is declared here, or for the whole API; where neither says, an answer 401 does.
    pub(super) fn needs_key(&self, description: Description<'_>) -> bool {
        match self.value.get("security").or(description.0.get("security")) {
            Some(declared) => !list(declared).is_empty(),
            None => self.value["responses"].get("401").is_some(),
        }
    }
}

/// The name that a reference within the document ends with.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// An id for an element: no two names share one, and none holds a space or a quote.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    let mut anchor = format!("{kind}-");
    for letter in name.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '-' | '_' | '.' | '{' | '}' => anchor.push(letter),
            other => anchor.push_str(&format!(":{:x}:", u32::from(other))),
        }
    }
    anchor
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, it)| (name.as_str(), it))
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
