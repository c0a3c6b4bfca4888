package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// each hands every object of the plan to `take`, in one fixed order.
func each(p *plan, take func(o *object) error) error {
	random := p.random("uid", 0)
	for _, all := range []unit{p.foundation(), p.fences()} {
		if err := takeAll(all, random, take); err != nil {
			return err
		}
	}
	for i := range p.apps {
		if err := takeAll(p.app(i), random, take); err != nil {
			return err
		}
	}
	return nil
}

func takeAll(all unit, random *rand.Rand, take func(o *object) error) error {
	for i := range all {
		if all[i].owner != noOwner {
			setOwner(&all[i], &all[all[i].owner], uid(random))
		}
		if err := take(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// setOwner makes `owner`, known to the cluster by `uid`, the owner of `o`.
func setOwner(o, owner *object, uid string) {
	o.body["metadata"].(fields)["ownerReferences"] = list{fields{
		"apiVersion": owner.body["apiVersion"], "kind": owner.kind, "name": owner.name, "uid": uid,
		"controller": true, "blockOwnerDeletion": false,
	}}
}

// writeFiles writes what createAll would send.
func writeFiles(p *plan, asked options, t *totals) error {
	lines, closeLines, err := openLines(asked.ndjson)
	if err != nil {
		return err
	}
	requests, closeRequests, err := openLines(asked.requests)
	if err != nil {
		return err
	}
	err = each(p, func(o *object) error {
		body, err := json.Marshal(o.body)
		if err != nil {
			return err
		}
		t.add(o, len(body))
		if asked.bodiesDir != "" {
			if err := writeBody(asked.bodiesDir, o, body); err != nil {
				return err
			}
		}
		fmt.Fprintf(lines, "%s\n", body)
		_, err = fmt.Fprintf(requests, "%s\t%s\n", o.collection, body)
		return err
	})
	if err != nil {
		return err
	}
	if err := closeLines(); err != nil {
		return err
	}
	return closeRequests()
}

func openLines(path string) (io.Writer, func() error, error) {
	if path == "" {
		return io.Discard, func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	finish := func() error {
		if err := buffered.Flush(); err != nil {
			return err
		}
		return file.Close()
	}
	return buffered, finish, nil
}

// writeBody puts the object where Velero's tar has it.
func writeBody(dir string, o *object, body []byte) error {
	scope := "cluster"
	if o.namespace != "" {
		scope = filepath.Join("namespaces", o.namespace)
	}
	folder := filepath.Join(dir, "resources", o.resource, scope)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, o.name+".json"), body, 0o644)
}
