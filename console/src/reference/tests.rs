use super::page;
use serde_json::{Value, json};

/// A description with one of each thing that the page shows.
fn description() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Crease", "version": "1.2.3", "description": "Live cricket.\n\nFor any site."},
        "tags": [{"name": "matches", "description": "What fans read"}],
        "paths": {
            "/v1/matches/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {"tags": ["matches"], "summary": "One match.",
                    "parameters": [{"name": "tone", "in": "query", "description": "How it is told",
                        "schema": {"type": "string", "enum": ["plain", "lively"]}}],
                    "responses": {
                        "200": {"description": "the match", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Match"}}}},
                        "401": {"description": "no key", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}},
                "post": {"tags": ["feeds"], "security": [{"bearer": []}],
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Command"}}}},
                    "responses": {"204": {"description": "done"}}},
            },
            "/healthz": {"get": {"responses": {"200": {"description": "alive"}}}},
        },
        "webhooks": {"match.wicket": {"post": {
            "summary": "A wicket has fallen.",
            "parameters": [{"name": "webhook-id", "in": "header", "required": true, "schema": {"type": "string"}}],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["data"],
                "properties": {"data": {"$ref": "#/components/schemas/Match"}}}}}},
            "responses": {"2XX": {"description": "It is taken."}}}}},
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": true, "description": "Which match", "schema": {"type": "string"}}},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
            },
            "schemas": {
                "Match": {"type": "object", "required": ["teams"], "properties": {
                    "teams": {"type": "array", "items": {"type": "string"}, "description": "The two names, whether it is `on` or `off"},
                    "overs": {"type": ["integer", "null"], "format": "int32", "minimum": 1, "example": 20}}},
                "Command": {"oneOf": [
                    {"type": "object", "description": "A ball was bowled", "required": ["kind", "runs"],
                        "properties": {"kind": {"type": "string", "enum": ["ball"]}, "runs": {"type": "integer"}}},
                    {"allOf": [{"$ref": "#/components/schemas/Toss"},
                        {"type": "object", "properties": {"kind": {"type": "string", "enum": ["toss"]}}}]}]},
                "Toss": {"type": "object", "properties": {"winner": {"type": "string", "description": "It's a team"}}},
                "Problem": {"type": "object", "properties": {"type": {"type": "string"}}},
            },
        },
    })
}

#[track_caller]
fn check_shows(description: &Value, expected: &[&str]) {
    let page = page(description);
    for it in expected {
        assert!(page.contains(it), "{it} is missing in {page}");
    }
}

#[test]
fn each_message_to_a_partners_server_is_shown_with_its_headers_and_body() {
    check_shows(
        &description(),
        &[
            r#"<section class="operation" id="message-match.wicket""#,
            r##"href="#message-match.wicket""##,
            "A wicket has fallen.",
            "<code>webhook-id</code>",
            "<code>data</code>",
            "It is taken.",
        ],
    );
    let page = page(&json!({"openapi": "3.1.0", "paths": {}}));
    assert!(!page.contains("id=\"messages\""), "none are described");
}

#[test]
fn every_operation_has_a_place_and_a_link_to_it() {
    let page = page(&description());
    for it in ["get-/v1/matches/{id}", "post-/v1/matches/{id}", "get-/healthz"] {
        assert!(page.contains(&format!("<section class=\"operation\" id=\"{it}\"")), "{it}: {page}");
        assert!(page.contains(&format!("href=\"#{it}\"")), "{it}");
    }
}

#[test]
fn parameters_fields_variants_and_answers_are_shown() {
    check_shows(
        &description(),
        &[
            "For any site.",
            "1.2.3",
            "What fans read",
            // parameters: the operation's own and the path's, by reference
            "<code>tone</code>",
            "How it is told",
            "<code>&quot;lively&quot;</code>",
            "<code>id</code>",
            "Which match",
            // fields
            "<code>teams</code>",
            "list of string",
            "integer (int32) or null",
            "At least: <code>1</code>",
            "whether it is <code>on</code> or `off",
            "Example: <code>20</code>",
            // variants
            "<code>kind: &quot;ball&quot;</code>",
            "<code>kind: &quot;toss&quot;</code>",
            "A ball was bowled",
            "It's a team",
            // answers and keys
            "Unauthorized",
            "?key=YOUR_KEY",
            "id=\"schema-Toss\"",
        ],
    );
}

#[test]
fn a_command_sends_what_the_operation_needs() {
    check_shows(
        &description(),
        &[
            "curl &quot;$CREASE_URL/v1/matches/ID&quot; \\\n  -H &quot;Authorization: Bearer $CREASE_KEY&quot;</code>",
            "curl -X POST &quot;$CREASE_URL/v1/matches/ID&quot; \\\n  -H &quot;Authorization: Bearer $CREASE_KEY&quot; \\\n  \
             -H 'Content-Type: application/json' \\\n  --data '{\n  &quot;kind&quot;: &quot;ball&quot;,\n  &quot;runs&quot;: 1\n}'",
            "curl &quot;$CREASE_URL/healthz&quot;</code>",
        ],
    );
}

#[test]
fn an_example_cannot_end_the_quotes_of_its_command() {
    let mut description = description();
    description["paths"]["/v1/matches/{id}"]["post"]["requestBody"]["content"]["application/json"]["example"] =
        json!("it's $(rm)");
    description["components"]["parameters"]["Id"]["example"] = json!("\"$(rm)`rm`\\");
    check_shows(
        &description,
        &[
            "--data '&quot;it'\\''s $(rm)&quot;'",
            "/ID".replace("ID", "\\&quot;\\$(rm)\\`rm\\`\\\\&quot;").as_str(),
        ],
    );
}

#[test]
fn no_text_of_the_description_is_taken_for_markup() {
    fn replace(value: &mut Value) {
        match value {
            Value::String(text) if !text.starts_with('#') => {
                text.push_str("\"><script>x</script><a style='y'>");
            }
            Value::Array(items) => items.iter_mut().for_each(replace),
            Value::Object(fields) => fields.values_mut().for_each(replace),
            _ => {}
        }
    }
    let mut hostile = description();
    replace(&mut hostile);
    let path = hostile["paths"]["/healthz"].take();
    hostile["paths"]["/<script>\"'"] = path;
    hostile["components"]["schemas"]["<script>\""] = json!({"type": "object"});
    let page = page(&hostile);
    assert!(!page.contains("<script") && !page.contains("<a style") && !page.contains("\"\">"), "{page}");
    assert!(page.contains("&lt;script&gt;x&lt;/script&gt;"));
}

#[test]
fn the_page_needs_no_script_and_no_inline_style() {
    let page = page(&description());
    for it in ["<script", "<style", " style=", " onclick=", "javascript:"] {
        assert!(!page.contains(it), "{it}");
    }
}

#[test]
fn a_schema_that_holds_itself_ends() {
    let mut description = description();
    let schemas = &mut description["components"]["schemas"];
    let itself = json!({"$ref": "#/components/schemas/Command"});
    schemas["Command"] = json!({"allOf": [itself], "required": ["next"], "properties": {"next": itself,
        "list": {"type": "array", "items": itself}, "either": {"oneOf": [{"type": "null"}, itself]}}});
    schemas["Toss"] = json!({"$ref": "#/components/schemas/Match"});
    schemas["Match"] = json!({"$ref": "#/components/schemas/Toss"});
    check_shows(&description, &["<code>either</code>", "list of <a href=\"#schema-Command\">Command</a>"]);
}

#[test]
fn what_is_not_a_description_is_an_almost_empty_page() {
    for it in [
        json!(null),
        json!([1]),
        json!({"paths": {"/a": {"get": 7}}, "components": {"schemas": {"A": true}}}),
    ] {
        check_shows(&it, &["<h1>API reference"]);
    }
}

#[test]
fn problem_types_that_the_description_lists_are_explained() {
    let mut description = description();
    description["x-problem-types"] = json!([{"type": "/problems/unknown-match", "title": "No such match", "status": 404, "description": "Ask the list"}]);
    check_shows(&description, &["id=\"problem-/problems/unknown-match\"", "No such match", "Ask the list"]);
}

#[test]
fn the_field_that_names_a_variant_is_told_once() {
    let page = page(&description());
    assert!(!page.contains("<dt><code>kind</code>"), "{page}");
    assert!(page.contains("<dt><code>runs</code>"));
}

#[test]
fn a_made_up_body_holds_the_optional_fields_that_carry_the_content() {
    let mut description = description();
    description["components"]["schemas"]["Match"]["properties"]["toss"] =
        json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Command"}]});
    description["paths"]["/v1/matches/{id}"]["post"]["requestBody"]["content"]["application/json"]["schema"] =
        json!({"$ref": "#/components/schemas/Match"});
    check_shows(&description, &["&quot;toss&quot;: {\n    &quot;kind&quot;: &quot;ball&quot;"]);
}
