// Drives a server with client-go: typed clients over protobuf, the dynamic client, discovery and an informer; with
// `resume` as the second argument, an informer whose connection is cut; with `refused`, a write that is answered with 429;
// with `expired`, lists whose next page is too old.
// Prints one line per step that worked; the first failure ends it with exit code 1.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const namespace = "default"

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	check("read the kubeconfig", err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	if len(os.Args) > 2 && os.Args[2] == "resume" {
		resume(ctx, config)
		return
	}
	if len(os.Args) > 2 && os.Args[2] == "expired" {
		expired(ctx, config)
		return
	}
	if len(os.Args) > 2 && os.Args[2] == "refused" {
		refused(ctx, config)
		return
	}
	typed := rest.CopyConfig(config)
	typed.ContentType = "application/vnd.kubernetes.protobuf"
	typed.AcceptContentTypes = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(typed)
	check("make a typed client", err)
	configMaps(ctx, client)
	secrets(ctx, client)
	leases(ctx, client)
	informer(ctx, client)
	discover(config)
	custom(ctx, config)
}

func configMaps(ctx context.Context, client kubernetes.Interface) {
	maps := client.CoreV1().ConfigMaps(namespace)
	list, err := maps.List(ctx, metav1.ListOptions{})
	check("list config maps", err)
	watch, err := maps.Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	check("watch config maps", err)
	text := "grüße, 世界"
	made, err := maps.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "go", Labels: map[string]string{"by": "go"}},
		Data:       map[string]string{"text": text},
		BinaryData: map[string][]byte{"bytes": {0, 255, 128, 7}},
	}, metav1.CreateOptions{})
	check("create a config map", err)
	event := <-watch.ResultChan()
	seen, ok := event.Object.(*corev1.ConfigMap)
	expect("see it in the watch", ok && seen.UID == made.UID && seen.Data["text"] == text)
	watch.Stop()
	got, err := maps.Get(ctx, "go", metav1.GetOptions{})
	check("get a config map", err)
	expect("get what was created", got.Data["text"] == text && string(got.BinaryData["bytes"]) == "\x00\xff\x80\x07")
	got.Data["text"] = "changed"
	_, err = maps.Update(ctx, got, metav1.UpdateOptions{})
	check("update a config map", err)
	_, err = maps.Update(ctx, got, metav1.UpdateOptions{})
	expect("be told of a conflict", apierrors.IsConflict(err))
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "go"}}, metav1.CreateOptions{})
	expect("be told that it exists", apierrors.IsAlreadyExists(err))
	_, err = maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "NOT VALID"}}, metav1.CreateOptions{})
	expect("be told that it is invalid", apierrors.IsInvalid(err))
	check("delete a config map", maps.Delete(ctx, "go", metav1.DeleteOptions{}))
	_, err = maps.Get(ctx, "go", metav1.GetOptions{})
	expect("be told that it is gone", apierrors.IsNotFound(err))
}

func secrets(ctx context.Context, client kubernetes.Interface) {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	_, err := client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "go"}, Data: map[string][]byte{"all": bytes}}, metav1.CreateOptions{})
	check("create a secret", err)
	list, err := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=go"})
	check("list secrets", err)
	expect("get every byte back", len(list.Items) == 1 && string(list.Items[0].Data["all"]) == string(bytes))
}

func leases(ctx context.Context, client kubernetes.Interface) {
	holder, seconds, now := "go", int32(15), metav1.NewMicroTime(time.Now())
	made, err := client.CoordinationV1().Leases(namespace).Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "go"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}, metav1.CreateOptions{})
	check("create a lease", err)
	expect("keep its microseconds", made.Spec.RenewTime.UnixMicro() == now.UnixMicro())
}

func informer(ctx context.Context, client kubernetes.Interface) {
	factory := informers.NewSharedInformerFactory(client, 0)
	found := factory.Core().V1().Namespaces().Informer()
	factory.Start(ctx.Done())
	expect("fill an informer", cache.WaitForCacheSync(ctx.Done(), found.HasSynced))
	expect("find a namespace in it", len(found.GetStore().List()) > 0)
}

func discover(config *rest.Config) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	check("make a discovery client", err)
	_, lists, err := client.ServerGroupsAndResources()
	check("discover", err)
	kinds := map[string]bool{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			kinds[list.GroupVersion+"/"+resource.Name] = true
		}
	}
	expect("discover built-in and kcp kinds", kinds["v1/configmaps"] && kinds["tenancy.kcp.io/v1alpha1/workspaces"] && kinds["apis.kcp.io/v1alpha2/apibindings"])
}

func custom(ctx context.Context, config *rest.Config) {
	client, err := dynamic.NewForConfig(config)
	check("make a dynamic client", err)
	crds := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err = crds.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "gophers.go.example.io"},
		"spec": map[string]any{
			"group": "go.example.io", "scope": "Namespaced", "names": map[string]any{"plural": "gophers", "kind": "Gopher"},
			"versions": []any{map[string]any{"name": "v1", "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": map[string]any{
				"type": "object", "properties": map[string]any{"spec": map[string]any{"type": "object", "properties": map[string]any{"size": map[string]any{"type": "integer"}}}}}}}},
		},
	}}, metav1.CreateOptions{})
	check("create a definition", err)
	gophers := client.Resource(schema.GroupVersionResource{Group: "go.example.io", Version: "v1", Resource: "gophers"}).Namespace(namespace)
	gopher := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "go.example.io/v1", "kind": "Gopher", "metadata": map[string]any{"name": "g"}, "spec": map[string]any{"size": int64(3)}}}
	for ctx.Err() == nil {
		if _, err = gophers.Create(ctx, gopher, metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	check("create a custom object", err)
	list, err := gophers.List(ctx, metav1.ListOptions{})
	check("list custom objects", err)
	expect("find the custom object", len(list.Items) == 1 && list.Items[0].GetName() == "g")
}

func check(step string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", step, err)
		os.Exit(1)
	}
	fmt.Println(step)
}

func expect(step string, ok bool) {
	if !ok {
		fmt.Fprintf(os.Stderr, "%s: it is not so\n", step)
		os.Exit(1)
	}
	fmt.Println(step)
}
