package main

import (
	"fmt"
	"math/rand/v2"
)

// noOwner marks an object without an owner.
const noOwner = -1

// object is one Kubernetes object on its way to the API server.
type object struct {
	kind       string
	resource   string // plural, with the group where there is one: deployments.apps
	namespace  string // empty for a cluster-wide kind
	name       string
	collection string // path of the POST
	body       map[string]any
	owner      int // index in its unit of the object that owns it, or noOwner
}

func (o *object) path() string { return o.collection + "/" + o.name }

// unit is a number of objects that one sender creates in order, because later ones name earlier ones.
type unit []object

// plan divides the objects that were asked for into units. Every unit can be made on its own, in
// any order, and always comes out the same.
type plan struct {
	seed       uint64
	namespaces []string
	apps       int
	lastApp    int // objects of the last application that are still wanted
}

func newPlan(seed uint64, objects, namespaces int) (*plan, error) {
	p := &plan{seed: seed}
	for i := range namespaces {
		p.namespaces = append(p.namespaces, fmt.Sprintf("%s-%03d", teams[i%len(teams)], i))
	}
	rest := objects - len(p.foundation()) - len(p.fences())
	if rest < 0 {
		return nil, fmt.Errorf("%d namespaces and what they need are more than %d objects", namespaces, objects)
	}
	for rest > 0 {
		p.lastApp = min(rest, len(p.fullApp(p.apps)))
		rest -= p.lastApp
		p.apps++
	}
	return p, nil
}

// foundation is what everything else stands on.
func (p *plan) foundation() unit {
	var all unit
	for _, kind := range customKinds {
		all = append(all, kind.definition())
	}
	for i, name := range priorities {
		all = append(all, priorityClass(name, i))
	}
	for i, name := range p.namespaces {
		all = append(all, namespace(p.random("namespace", i), name, i))
	}
	return all
}

// fences are the limits of the namespaces, far above what they hold.
func (p *plan) fences() unit {
	var all unit
	for i, name := range p.namespaces {
		random := p.random("fences", i)
		all = append(all, limitRange(random, name), resourceQuota(random, name))
	}
	return all
}

// app makes the objects of one application; the last one may be cut short.
func (p *plan) app(index int) unit {
	all := p.fullApp(index)
	if index == p.apps-1 {
		return all[:p.lastApp]
	}
	return all
}

func (p *plan) fullApp(index int) unit {
	return application(p.random("app", index), p.namespaces[index%len(p.namespaces)], index)
}

// random gives the numbers for one unit, whoever asks and when.
func (p *plan) random(what string, index int) *rand.Rand {
	stream := uint64(index)
	for _, letter := range []byte(what) {
		stream = stream*1_099_511_628_211 + uint64(letter)
	}
	return rand.New(rand.NewPCG(p.seed, stream))
}
