<?php
// Signs a user's id for Crease, on your server. PHP 7.4 or later, nothing to install.

/** A JWT that says who is signed in, for an hour. `$now` is in seconds since 1970. */
function fan_token(string $secret, string $userId, int $now): string
{
    $base64url = fn (string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $part = fn (array $value) => $base64url(json_encode($value, JSON_THROW_ON_ERROR));
    $claims = ['sub' => $userId, 'aud' => 'crease', 'iat' => $now, 'exp' => $now + 3600];
    $signed = $part(['alg' => 'HS256', 'typ' => 'JWT']) . '.' . $part($claims);
    return $signed . '.' . $base64url(hash_hmac('sha256', $signed, $secret, true));
}

/** The same without a JWT: send user id, `expires` and `signature`. */
function fan_signature(string $secret, string $userId, int $now): array
{
    $expires = $now + 3600;
    return [$expires, hash_hmac('sha256', "crease.fan.v1\n$userId\n$expires", $secret)];
}

// The signing secret is in the environment, where other users of the machine do not see it.
$secret = getenv('CREASE_FAN_SECRET');
[, $userId, $now] = $argv;
echo fan_token($secret, $userId, (int) $now), "\n";
echo implode(' ', fan_signature($secret, $userId, (int) $now)), "\n";
