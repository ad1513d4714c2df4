package main

import (
	"context"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// teller prints the status and the Retry-After header of each refused attempt.
type teller struct {
	next http.RoundTripper
}

func (t *teller) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		fmt.Printf("%s: %s, Retry-After: %s\n", request.Method, response.Status, response.Header.Get("Retry-After"))
	}
	return response, err
}

// refused creates a config map of a server that has too much to do; the client tries again by itself.
func refused(ctx context.Context, config *rest.Config) {
	told := rest.CopyConfig(config)
	told.Wrap(func(next http.RoundTripper) http.RoundTripper { return &teller{next: next} })
	client, err := kubernetes.NewForConfig(told)
	check("make a client", err)
	made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "refused-"}}
	_, err = client.CoreV1().ConfigMaps(namespace).Create(ctx, made, metav1.CreateOptions{})
	check("create a config map", err)
	fmt.Println("created after all")
}
