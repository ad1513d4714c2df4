package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

var configMapResource = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// line is a network connection that can be cut and kept from coming back.
type line struct {
	mutex sync.Mutex
	open  []net.Conn
	down  bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.down {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		l.open = append(l.open, conn)
	}
	return conn, err
}

func (l *line) cut(down bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.down = down
	for _, conn := range l.open {
		conn.Close()
	}
	l.open = nil
}

// counter tells requests that bring the whole collection from those that resume, and looks for expiry.
type counter struct {
	next                     http.RoundTripper
	whole, resumed, expiries atomic.Int32
}

func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	query := request.URL.Query()
	response, err := c.next.RoundTrip(request)
	if err != nil || request.Method != http.MethodGet {
		return response, err
	}
	if query.Get("watch") != "true" || query.Get("sendInitialEvents") == "true" {
		c.whole.Add(1)
	} else {
		c.resumed.Add(1)
	}
	response.Body = &expiryReader{ReadCloser: response.Body, counter: c}
	return response, nil
}

type expiryReader struct {
	io.ReadCloser
	counter *counter
}

func (r *expiryReader) Read(into []byte) (int, error) {
	n, err := r.ReadCloser.Read(into)
	if bytes.Contains(into[:n], []byte(`"reason":"Expired"`)) {
		r.counter.expiries.Add(1)
	}
	return n, err
}

// resume has an informer cut off twice: shortly, after which it goes on from where it was, and for longer than the
// server keeps history, after which it is told so and begins anew. The server must keep few changes and seconds.
func resume(ctx context.Context, config *rest.Config) {
	steady, err := dynamic.NewForConfig(config)
	check("make a client that is not cut off", err)
	maps := steady.Resource(configMapResource).Namespace(namespace)

	connection, requests := &line{}, &counter{}
	shaky := rest.CopyConfig(config)
	shaky.Dial = connection.dial
	shaky.Wrap(func(next http.RoundTripper) http.RoundTripper {
		requests.next = next
		return requests
	})
	client, err := dynamic.NewForConfig(shaky)
	check("make a client that will be cut off", err)
	informers := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, namespace, nil)
	informer := informers.ForResource(configMapResource).Informer()
	var deletions atomic.Int32
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: func(any) { deletions.Add(1) }})
	check("hear of deletions", err)
	informers.Start(ctx.Done())
	expect("fill the informer", cache.WaitForCacheSync(ctx.Done(), informer.HasSynced))
	expect("bring the collection once", requests.whole.Load() >= 1)
	begun := requests.whole.Load()

	create := func(name string) {
		_, err := maps.Create(ctx, named(name), metav1.CreateOptions{})
		check("create "+name, err)
	}
	has := func(name string) func() bool {
		return func() bool { _, found, _ := informer.GetStore().GetByKey(namespace + "/" + name); return found }
	}
	create("before")
	expect("see it", eventually(ctx, has("before")))
	resumed := requests.resumed.Load()
	connection.cut(false)
	create("while-cut")
	expect("see what was made while it was cut off", eventually(ctx, has("while-cut")))
	expect("resume without bringing the collection again", requests.whole.Load() == begun && requests.resumed.Load() > resumed)

	connection.cut(true)
	check("delete what the informer has", maps.Delete(ctx, "before", metav1.DeleteOptions{}))
	for i := 0; i < 20; i++ {
		create(fmt.Sprintf("missed-%d", i))
	}
	old, err := maps.Get(ctx, "while-cut", metav1.GetOptions{})
	check("know a version that the informer has seen", err)
	expect("wait until the server has forgotten it", eventually(ctx, func() bool {
		_, err := maps.List(ctx, metav1.ListOptions{ResourceVersion: old.GetResourceVersion(), ResourceVersionMatch: metav1.ResourceVersionMatchExact})
		return isExpired(err)
	}))
	connection.cut(false)
	expect("see what it missed", eventually(ctx, has("missed-19")))
	expect("be told that its version is gone", requests.expiries.Load() > 0)
	expect("bring the collection again", requests.whole.Load() > begun)
	expect("lose what was deleted meanwhile", eventually(ctx, func() bool { return !has("before")() && deletions.Load() == 1 }))
	list, err := maps.List(ctx, metav1.ListOptions{})
	check("list everything", err)
	expect("have everything", len(informer.GetStore().List()) == len(list.Items))
}

func named(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name},
	}}
}

func isExpired(err error) bool {
	var status interface{ Status() metav1.Status }
	return errors.As(err, &status) && status.Status().Reason == metav1.StatusReasonExpired
}

func eventually(ctx context.Context, condition func() bool) bool {
	for ctx.Err() == nil {
		if condition() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}
