package main

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/pager"
)

// expired reads lists in pages of which the second comes too late: with the token that the server offers instead, and
// with client-go's pager, which begins anew. The server must keep few changes and seconds.
func expired(ctx context.Context, config *rest.Config) {
	quick := rest.CopyConfig(config)
	quick.QPS = -1
	client, err := dynamic.NewForConfig(quick)
	check("make a client", err)
	maps := client.Resource(configMapResource).Namespace(namespace)
	for i := 0; i < 5; i++ {
		_, err := maps.Create(ctx, named(fmt.Sprintf("paged-%d", i)), metav1.CreateOptions{})
		check("create an object", err)
	}
	serial := 0
	forget := func(version string) {
		for i := 0; i < 20; i++ {
			serial++
			name := fmt.Sprintf("passing-%d", serial)
			_, err := maps.Create(ctx, named(name), metav1.CreateOptions{})
			check("create "+name, err)
			check("delete "+name, maps.Delete(ctx, name, metav1.DeleteOptions{}))
		}
		expect("wait until the server has forgotten the list", eventually(ctx, func() bool {
			_, err := maps.List(ctx, metav1.ListOptions{ResourceVersion: version, ResourceVersionMatch: metav1.ResourceVersionMatchExact})
			return isExpired(err)
		}))
	}
	whole, err := maps.List(ctx, metav1.ListOptions{})
	check("list everything", err)

	first, err := maps.List(ctx, metav1.ListOptions{Limit: 2})
	check("list the first page", err)
	forget(first.GetResourceVersion())
	_, err = maps.List(ctx, metav1.ListOptions{Limit: 2, Continue: first.GetContinue()})
	expect("be told that the token is too old", apierrors.IsResourceExpired(err))
	var status apierrors.APIStatus
	expect("be offered another one", errors.As(err, &status) && status.Status().Continue != "")
	others, err := maps.List(ctx, metav1.ListOptions{Continue: status.Status().Continue})
	check("list the remainder", err)
	expect("have everything, once", len(first.Items)+len(others.Items) == len(whole.Items))

	pages, tooOld := 0, 0
	slow := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		list, err := maps.List(ctx, options)
		if apierrors.IsResourceExpired(err) {
			tooOld++
		}
		if err == nil && options.Limit > 0 && pages == 0 {
			forget(list.GetResourceVersion())
		}
		pages++
		return list, err
	})
	slow.PageSize = 2
	found, _, err := slow.List(ctx, metav1.ListOptions{})
	check("list with a pager", err)
	items, err := meta.ExtractList(found)
	check("read what it found", err)
	expect("have it begin anew and find everything", tooOld == 1 && len(items) == len(whole.Items))
}
