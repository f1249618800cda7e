// bench URL COUNT: aws-sdk-go-v2; prints "name calls seconds cpu-seconds" for each workload.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func cpu() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

func main() {
	url := os.Args[1]
	count, _ := strconv.Atoi(os.Args[2])
	config := aws.Config{
		Region:      "us-east-1",
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIDBENCH", "secret", "")),
	}
	ctx := context.Background()
	db := dynamodb.NewFromConfig(config, func(o *dynamodb.Options) { o.BaseEndpoint = &url })
	store := s3.NewFromConfig(config, func(o *s3.Options) { o.BaseEndpoint = &url; o.UsePathStyle = true })
	getItem := func() error {
		_, err := db.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: aws.String("bench"),
			Key:       map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}},
		})
		return err
	}
	getObject := func() error {
		got, err := store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bench"), Key: aws.String("object")})
		if err != nil {
			return err
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err == nil && len(body) != 4096 {
			err = fmt.Errorf("%d bytes", len(body))
		}
		return err
	}
	for _, workload := range []struct {
		name string
		call func() error
	}{{"GetItem", getItem}, {"GetObject", getObject}} {
		run := func(n int) {
			for i := 0; i < n; i++ {
				if err := workload.call(); err != nil {
					fmt.Fprintln(os.Stderr, workload.name, err)
					os.Exit(1)
				}
			}
		}
		run(300)
		used, before := cpu(), time.Now()
		run(count)
		fmt.Println(workload.name, count, time.Since(before).Seconds(), cpu()-used)
	}
}
