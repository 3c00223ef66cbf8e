package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math"

	"golang.org/x/time/rate"
)

// APIKey opens the routes with AuthRequired. ID is what the function sees of it, as
// apiKeyId. RatePerSecond and Burst are what a usage plan lets each of its keys do: keys of
// one plan do not share the limit
// (https://repost.aws/questions/QUgn8X2qh_RaeGuc_31qr_Og/multiple-api-keys-and-the-flow-rate-limit-in-the-usage-plan,
// read 2026-11-30). A rate of 0 does not throttle.
type APIKey struct {
	ID            string
	Value         string
	RatePerSecond float64
	Burst         int
}

func (k APIKey) validate(i int) error {
	switch {
	case k.ID == "" || k.Value == "":
		return fmt.Errorf("gateway: APIKeys[%d] must have an ID and a Value", i)
	case k.RatePerSecond < 0 || math.IsInf(k.RatePerSecond, 0) || math.IsNaN(k.RatePerSecond):
		return fmt.Errorf("gateway: APIKeys[%d].RatePerSecond must be 0 or more, got %v", i, k.RatePerSecond)
	case k.RatePerSecond > 0 && k.Burst < 1:
		return fmt.Errorf("gateway: APIKeys[%d].Burst must be at least 1 with a RatePerSecond, got %d", i, k.Burst)
	}
	return nil
}

// heldKey is an APIKey with its bucket of tokens, which is nil where nothing is throttled.
type heldKey struct {
	APIKey
	hash   [sha256.Size]byte
	bucket *rate.Limiter
}

func holdKeys(keys []APIKey) []heldKey {
	held := make([]heldKey, len(keys))
	for i, key := range keys {
		held[i] = heldKey{APIKey: key, hash: sha256.Sum256([]byte(key.Value))}
		if key.RatePerSecond > 0 {
			held[i].bucket = rate.NewLimiter(rate.Limit(key.RatePerSecond), key.Burst)
		}
	}
	return held
}

// keyOf returns the key of a value, nil when there is none. It compares hashes, and with
// every key, so that the time taken says nothing about any.
func (g *Gateway) keyOf(value string) *heldKey {
	hash := sha256.Sum256([]byte(value))
	var found *heldKey
	for i := range g.keys {
		if subtle.ConstantTimeCompare(hash[:], g.keys[i].hash[:]) == 1 {
			found = &g.keys[i]
		}
	}
	return found
}

// allows takes a token out of the key's bucket.
func (k *heldKey) allows() bool { return k.bucket == nil || k.bucket.Allow() }
