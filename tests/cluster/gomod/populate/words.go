package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

var teams = []string{
	"shop", "payments", "search", "billing", "identity", "monitoring", "logistics", "reporting", "media", "messaging",
}

var trades = []string{
	"orders", "cart", "catalog", "ledger", "invoices", "accounts", "sessions", "shipping", "stock", "pricing",
	"reviews", "uploads", "mailer", "gateway", "indexer", "exporter", "webhooks", "quotes", "refunds", "audit",
}

var roles = []string{"api", "worker", "web", "sync", "batch", "stream", "proxy", "store"}

var priorities = []string{"batch-low", "standard", "important", "customer-facing", "infrastructure"}

var vocabulary = strings.Fields(`the service keeps its connection pool small because every replica opens one session
per worker and the database allows two hundred of them in total when a deployment rolls over both generations are
connected for a short while so the limit must leave room for twice the usual number requests that wait longer than
the timeout are answered with an error and retried by the caller after a pause which grows with every attempt up to
one minute see runbook chapter on overload before changing any value here owner of this setting is the platform team
and changes need their review cache entries expire after a quarter of an hour unless the event stream announces a
newer version first metrics are exported on a port of their own and scraped twice a minute logs go to standard output
as one line of structured text each with a trace identifier tenant region and build number alerts fire on the ratio of
failed to finished work never on single failures maintenance happens on tuesday mornings outside the closing days`)

// prose is about `size` bytes of English.
func prose(random *rand.Rand, size int) string {
	var text strings.Builder
	for text.Len() < size {
		start := random.IntN(len(vocabulary))
		length := 4 + random.IntN(12)
		for i := range length {
			text.WriteString(vocabulary[(start+i)%len(vocabulary)])
			text.WriteByte(' ')
		}
		text.WriteString(". ")
	}
	return strings.TrimSpace(text.String())
}

// properties is a settings file of `lines` lines.
func properties(random *rand.Rand, lines int) string {
	names := []string{
		"pool.size", "timeout.ms", "retry.limit", "cache.ttl", "queue.depth", "batch.rows", "log.level", "region",
		"feature.checkout", "feature.search", "upstream.url", "metrics.port", "trace.ratio", "lease.seconds",
	}
	var text strings.Builder
	for i := range lines {
		name := names[random.IntN(len(names))]
		fmt.Fprintf(&text, "%s.%s=%d\n", trades[i%len(trades)], name, random.IntN(10_000))
	}
	return text.String()
}

// secretBytes is `size` bytes that nobody can guess or compress, in base64.
func secretBytes(random *rand.Rand, size int) string {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return base64.StdEncoding.EncodeToString(data)
}

func hex(random *rand.Rand, digits int) string {
	text := fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
	return text[:digits]
}

// uid has the shape that the API server gives UIDs.
func uid(random *rand.Rand) string {
	digits := hex(random, 32)
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:])
}

func pick(random *rand.Rand, from []string) string { return from[random.IntN(len(from))] }
