# Signs a user's id for Crease, on your server. Ruby 2.5 or later, nothing to install.
require "json"
require "openssl"

# A JWT that says who is signed in, for an hour. `now` is in seconds since 1970.
def fan_token(secret, user_id, now)
  part = ->(bytes) { [bytes].pack("m0").tr("+/", "-_").delete("=") }
  claims = { sub: user_id, aud: "crease", iat: now, exp: now + 3600 }
  signed = "#{part.(JSON.generate({ alg: "HS256", typ: "JWT" }))}.#{part.(JSON.generate(claims))}"
  "#{signed}.#{part.(OpenSSL::HMAC.digest("SHA256", secret, signed))}"
end

# The same without a JWT: send user id, `expires` and `signature`.
def fan_signature(secret, user_id, now)
  expires = now + 3600
  [expires, OpenSSL::HMAC.hexdigest("SHA256", secret, "crease.fan.v1\n#{user_id}\n#{expires}")]
end

# The signing secret is in the environment, where other users of the machine do not see it.
secret = ENV.fetch("CREASE_FAN_SECRET")
user_id, now = ARGV
puts fan_token(secret, user_id.dup.force_encoding("UTF-8"), now.to_i)
puts fan_signature(secret, user_id, now.to_i).join(" ")
