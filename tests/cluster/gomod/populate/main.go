// Command populate fills a cluster with realistic objects, or writes their bodies into files.
//
// The objects follow from --seed, --objects and --namespaces alone, except for the UIDs in owner
// references, which are the cluster's where there is one.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// Bounds of what a caller may ask for.
const (
	objectsMax    = 5_000_000
	namespacesMax = 5_000
	inFlightMax   = 256
)

type options struct {
	kubeconfig string
	objects    int
	namespaces int
	seed       uint64
	inFlight   int
	change     float64
	round      int
	bodiesDir  string
	ndjson     string
	requests   string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	asked, err := parseOptions()
	if err != nil {
		return err
	}
	plan, err := newPlan(asked.seed, asked.objects, asked.namespaces)
	if err != nil {
		return err
	}
	started := time.Now()
	totals := newTotals(asked.objects)
	switch {
	case asked.bodiesDir != "" || asked.ndjson != "" || asked.requests != "":
		err = writeFiles(plan, asked, totals)
	case asked.change > 0:
		err = changeSome(plan, asked, totals)
	default:
		err = createAll(plan, asked, totals)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(totals.summary(time.Since(started)))
}

func parseOptions() (options, error) {
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "the cluster to fill")
	flag.IntVar(&o.objects, "objects", 50_000, "how many objects in all")
	flag.IntVar(&o.namespaces, "namespaces", 50, "how many namespaces, which count as objects")
	flag.Uint64Var(&o.seed, "seed", 1, "another seed gives other objects")
	flag.IntVar(&o.inFlight, "in-flight", 32, "requests at once")
	flag.Float64Var(&o.change, "change", 0, "create nothing; change this percentage of the objects")
	flag.IntVar(&o.round, "round", 1, "with --change: another round changes other objects, to other values")
	flag.StringVar(&o.bodiesDir, "bodies-only", "", "write one file per object into this folder, as Velero's tar has them")
	flag.StringVar(&o.ndjson, "ndjson", "", "write one body per line into this file")
	flag.StringVar(&o.requests, "requests", "", "write one line per object into this file: path of the POST, tab, body")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case o.objects < 1 || o.objects > objectsMax:
		return o, fmt.Errorf("--objects must be between 1 and %d", objectsMax)
	case o.namespaces < 1 || o.namespaces > namespacesMax:
		return o, fmt.Errorf("--namespaces must be between 1 and %d", namespacesMax)
	case o.inFlight < 1 || o.inFlight > inFlightMax:
		return o, fmt.Errorf("--in-flight must be between 1 and %d", inFlightMax)
	case o.change < 0 || o.change > 100:
		return o, fmt.Errorf("--change must be between 0 and 100")
	}
	return o, nil
}
