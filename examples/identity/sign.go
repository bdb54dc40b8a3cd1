// Signs a user's id for Crease, on your server. Go 1.18 or later, nothing to install.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

func mac(secret, text string) []byte {
	hash := hmac.New(sha256.New, []byte(secret))
	hash.Write([]byte(text))
	return hash.Sum(nil)
}

// FanToken is a JWT that says who is signed in, for an hour. now is in seconds since 1970.
func FanToken(secret, userID string, now int64) (string, error) {
	claims, err := json.Marshal(map[string]any{"sub": userID, "aud": "crease", "iat": now, "exp": now + 3600})
	if err != nil {
		return "", err
	}
	part := base64.RawURLEncoding.EncodeToString
	signed := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part(claims)
	return signed + "." + part(mac(secret, signed)), nil
}

// FanSignature is the same without a JWT: send user id, expires and signature.
func FanSignature(secret, userID string, now int64) (expires int64, signature string) {
	expires = now + 3600
	text := fmt.Sprintf("crease.fan.v1\n%s\n%d", userID, expires)
	return expires, hex.EncodeToString(mac(secret, text))
}

func main() {
	// The signing secret is in the environment, where other users of the machine do not see it.
	secret, userID := os.Getenv("CREASE_FAN_SECRET"), os.Args[1]
	now, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		panic(err)
	}
	token, err := FanToken(secret, userID, now)
	if err != nil {
		panic(err)
	}
	expires, signature := FanSignature(secret, userID, now)
	fmt.Println(token)
	fmt.Println(expires, signature)
}
