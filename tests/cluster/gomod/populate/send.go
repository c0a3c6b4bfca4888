package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const progressEvery = 2 * time.Second

// createAll creates every object of the plan; those that exist already are left as they are.
func createAll(p *plan, asked options, t *totals) error {
	server, err := connect(asked.kubeconfig, asked.inFlight)
	if err != nil {
		return err
	}
	defer t.showProgress()()
	if err := inParallel(singles(p.foundation()), asked.inFlight, creator(server, t)); err != nil {
		return err
	}
	if err := server.waitForKinds(); err != nil {
		return err
	}
	if err := inParallel(singles(p.fences()), asked.inFlight, creator(server, t)); err != nil {
		return err
	}
	return inParallel(apps(p), asked.inFlight, creator(server, t))
}

// changeSome changes the chosen share of the plan's objects, which exist in the cluster.
func changeSome(p *plan, asked options, t *totals) error {
	server, err := connect(asked.kubeconfig, asked.inFlight)
	if err != nil {
		return err
	}
	defer t.showProgress()()
	chosen := p.random("change", asked.round)
	patch, err := json.Marshal(fields{"metadata": fields{"annotations": fields{
		"example.com/changed": fmt.Sprintf("round %d %s", asked.round, hex(chosen, 16))}}})
	if err != nil {
		return err
	}
	var wanted unit
	_ = each(p, func(o *object) error {
		if chosen.Float64()*100 < asked.change {
			wanted = append(wanted, object{kind: o.kind, resource: o.resource, name: o.name, collection: o.collection})
		}
		return nil
	})
	return inParallel(singles(wanted), asked.inFlight, func(some unit) error {
		for i := range some {
			status, answer, err := server.send(http.MethodPatch, some[i].path(), "application/merge-patch+json", patch)
			if err != nil {
				return err
			}
			if status >= 300 {
				return fmt.Errorf("%s %s: status %d: %s", some[i].kind, some[i].name, status, answer)
			}
			t.add(&some[i], len(patch))
		}
		return nil
	})
}

// creator creates the objects of a unit in order, with their owners' true UIDs.
func creator(server *apiServer, t *totals) func(unit) error {
	return func(all unit) error {
		uids := make([]string, len(all))
		for i := range all {
			if owner := all[i].owner; owner != noOwner {
				setOwner(&all[i], &all[owner], uids[owner])
			}
			uid, size, err := server.create(&all[i])
			if err != nil {
				return err
			}
			uids[i] = uid
			t.add(&all[i], size)
		}
		return nil
	}
}

// units makes the unit of an index, when its turn comes.
type units struct {
	count int
	make  func(index int) unit
}

func singles(all unit) units {
	return units{len(all), func(index int) unit { return all[index : index+1] }}
}

func apps(p *plan) units { return units{p.apps, p.app} }

// inParallel calls `work` for every unit, `workers` at once, and stops at the first error.
func inParallel(all units, workers int, work func(unit) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var running sync.WaitGroup
	for range workers {
		running.Add(1)
		go func() {
			defer running.Done()
			for failed.Load() == nil {
				index := int(next.Add(1)) - 1
				if index >= all.count {
					return
				}
				if err := work(all.make(index)); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		}()
	}
	running.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// totals counts what was done. Safe to use from several goroutines.
type totals struct {
	lock   sync.Mutex
	wanted int
	count  int
	bytes  int64
	kinds  map[string]int
}

func newTotals(wanted int) *totals { return &totals{wanted: wanted, kinds: map[string]int{}} }

func (t *totals) add(o *object, size int) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.count++
	t.bytes += int64(size)
	t.kinds[o.resource]++
}

func (t *totals) summary(took time.Duration) fields {
	t.lock.Lock()
	defer t.lock.Unlock()
	return fields{"objects": t.count, "bytes": t.bytes, "kinds": t.kinds, "seconds": took.Seconds()}
}

// showProgress prints a line now and then until the returned function is called.
func (t *totals) showProgress() (stop func()) {
	done := make(chan struct{})
	started := time.Now()
	go func() {
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				t.lock.Lock()
				count := t.count
				t.lock.Unlock()
				rate := float64(count) / time.Since(started).Seconds()
				fmt.Fprintf(os.Stderr, "%d of %d objects, %.0f/s\n", count, t.wanted, rate)
			}
		}
	}()
	return func() { close(done) }
}
