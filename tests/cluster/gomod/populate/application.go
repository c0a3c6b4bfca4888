package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// Sizes that a body has at least: a shorter one gets what `kubectl apply` leaves, then a description.
const (
	appliedBelow  = 1500
	describeBelow = 1100
)

// maker makes namespaced objects of one application, all with its labels.
type maker struct {
	random    *rand.Rand
	namespace string
	app       string
	owner     int
}

// make completes `body`, which holds everything but apiVersion, kind and metadata.
func (m maker) make(kind, group, version, plural, name string, body fields) object {
	body["apiVersion"], body["kind"] = version, kind
	if group != "" {
		body["apiVersion"] = group + "/" + version
	}
	annotations := fields{"example.com/git-commit": hex(m.random, 40)}
	metadata := fields{
		"name": name,
		"labels": fields{
			"app.kubernetes.io/name": m.app, "app.kubernetes.io/instance": m.app,
			"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/version": version3(m.random),
			"helm.sh/chart": "service-" + version3(m.random), "app.kubernetes.io/part-of": "platform",
		},
		"annotations": annotations,
	}
	if m.namespace != "" {
		metadata["namespace"] = m.namespace
	}
	body["metadata"] = metadata
	fill(m.random, body, annotations)
	made := clusterWide(kind, group, plural, name, body)
	made.owner = m.owner
	if m.namespace != "" {
		made.namespace = m.namespace
		made.collection = basePath(group, body) + "/namespaces/" + m.namespace + "/" + plural
	}
	return made
}

// fill brings a small object to the size that such objects have in real clusters.
func fill(random *rand.Rand, body, annotations fields) {
	size := encodedSize(body)
	if size < appliedBelow {
		applied, _ := json.Marshal(body)
		annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(applied) + "\n"
		size = encodedSize(body)
	}
	if size < describeBelow {
		annotations["example.com/description"] = prose(random, describeBelow-size)
	}
}

func encodedSize(body fields) int {
	encoded, _ := json.Marshal(body)
	return len(encoded)
}

func version3(random *rand.Rand) string {
	return fmt.Sprintf("%d.%d.%d", 1+random.IntN(4), random.IntN(30), random.IntN(12))
}

// application makes everything that belongs to one application. Its Application object comes first
// and owns the components and the settings; a component owns its database, a certificate its secret.
func application(random *rand.Rand, namespace string, index int) unit {
	app := fmt.Sprintf("%s-%s-%05d", pick(random, trades), pick(random, roles), index)
	free := maker{random, namespace, app, noOwner}
	var all unit
	add := func(objects ...object) { all = append(all, objects...) }

	add(free.custom(0, app))
	owned := free.ownedBy(0)
	for i := range 2 {
		add(owned.custom(1, fmt.Sprintf("%s-part-%d", app, i)))
		add(owned.ownedBy(len(all)-1).custom(2, fmt.Sprintf("%s-db-%d", app, i)))
	}
	add(free.custom(3, app), free.custom(4, app+"-tls"))
	add(free.ownedBy(len(all)-1).secret(app+"-tls", "kubernetes.io/tls", fields{
		"tls.crt": secretBytes(random, 700), "tls.key": secretBytes(random, 120)}))
	for i := range 8 {
		from := free
		if i < 3 {
			from = owned
		}
		add(from.configMap(fmt.Sprintf("%s-config-%d", app, i)))
	}
	for i := range 3 {
		add(free.secret(fmt.Sprintf("%s-credentials-%d", app, i), "Opaque", fields{
			"username": secretBytes(random, 12), "password": secretBytes(random, 24), "dsn": secretBytes(random, 90)}))
	}
	for i := range 2 {
		add(free.helmRelease(i + 1))
	}
	for i := range 3 {
		// Few services have an address of their own: the API server gives them out one after the other.
		hasAddress := i == 0 && index%5 == 0
		add(free.deployment(fmt.Sprintf("%s-%d", app, i)), free.service(fmt.Sprintf("%s-%d", app, i), hasAddress))
	}
	add(free.statefulSet(app + "-state"))
	for i := range 2 {
		name := fmt.Sprintf("%s-%d", app, i)
		add(free.serviceAccount(name), free.role(name), free.roleBinding(name), free.networkPolicy(name))
	}
	add(free.ingress(app), free.disruptionBudget(app), free.autoscaler(app), free.cronJob(app), free.job(app))
	if index%10 == 0 {
		add(clusterRole(random, namespace, app), clusterRoleBinding(random, namespace, app))
	}
	return all
}

func (m maker) ownedBy(owner int) maker {
	m.owner = owner
	return m
}

func (m maker) custom(which int, name string) object {
	kind := customKinds[which]
	return m.make(kind.kind, kind.group, "v1", kind.plural, name, fields{"spec": kind.spec(m.random, m.app)})
}

func (m maker) configMap(name string) object {
	data := fields{
		"application.properties": properties(m.random, 12+m.random.IntN(30)),
		"README":                 prose(m.random, 200+m.random.IntN(500)),
	}
	return m.make("ConfigMap", "", "v1", "configmaps", name, fields{"data": data})
}

func (m maker) secret(name, kind string, data fields) object {
	return m.make("Secret", "", "v1", "secrets", name, fields{"type": kind, "data": data})
}

func (m maker) helmRelease(revision int) object {
	name := fmt.Sprintf("sh.helm.release.v1.%s.v%d", m.app, revision)
	made := m.secret(name, "helm.sh/release.v1", fields{"release": secretBytes(m.random, 1200)})
	labels := made.body["metadata"].(fields)["labels"].(fields)
	labels["owner"], labels["name"], labels["version"] = "helm", m.app, fmt.Sprint(revision)
	labels["status"] = "deployed"
	return made
}

func (m maker) serviceAccount(name string) object {
	return m.make("ServiceAccount", "", "v1", "serviceaccounts", name,
		fields{"automountServiceAccountToken": false, "imagePullSecrets": list{fields{"name": "registry"}}})
}

func (m maker) service(name string, hasAddress bool) object {
	spec := fields{
		"selector": fields{"app.kubernetes.io/name": m.app, "part": name},
		"ports": list{
			fields{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"},
			fields{"name": "metrics", "port": 9090, "targetPort": "metrics", "protocol": "TCP"},
		},
	}
	if !hasAddress {
		spec["clusterIP"] = "None"
	}
	return m.make("Service", "", "v1", "services", name, fields{"spec": spec})
}

func (m maker) rules() list {
	return list{
		fields{"apiGroups": list{""}, "resources": list{"configmaps", "secrets"}, "verbs": list{"get", "list", "watch"},
			"resourceNames": list{m.app, m.app + "-tls", m.app + "-" + hex(m.random, 5)}},
		fields{"apiGroups": list{"apps"}, "resources": list{"deployments"}, "verbs": list{"get", "list", "patch"}},
		fields{"apiGroups": list{customKinds[0].group}, "resources": list{"*"}, "verbs": list{"get", "list", "watch"}},
	}
}

func (m maker) role(name string) object {
	return m.make("Role", "rbac.authorization.k8s.io", "v1", "roles", name, fields{"rules": m.rules()})
}

func (m maker) roleBinding(name string) object {
	return m.make("RoleBinding", "rbac.authorization.k8s.io", "v1", "rolebindings", name, fields{
		"roleRef":  fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
		"subjects": list{fields{"kind": "ServiceAccount", "name": name, "namespace": m.namespace}},
	})
}

func clusterRole(random *rand.Rand, namespace, app string) object {
	m := maker{random, "", app, noOwner}
	return m.make("ClusterRole", "rbac.authorization.k8s.io", "v1", "clusterroles",
		namespace+":"+app, fields{"rules": m.rules()})
}

func clusterRoleBinding(random *rand.Rand, namespace, app string) object {
	name := namespace + ":" + app
	subject := fields{"kind": "ServiceAccount", "name": app + "-0", "namespace": namespace}
	return maker{random, "", app, noOwner}.make("ClusterRoleBinding", "rbac.authorization.k8s.io", "v1",
		"clusterrolebindings", name, fields{
			"roleRef":  fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
			"subjects": list{subject},
		})
}
