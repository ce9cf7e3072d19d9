// The AWS SDK for JavaScript v3 against eventbusd, by AWS_ENDPOINT_URL alone. Run by tests/conformance/javascript_test.py with node's own
// test runner. Each test uses names of its own; the account is the access key.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  CreateEventBusCommand, DescribeEventBusCommand, EventBridgeClient, ListRulesCommand, PutEventsCommand, PutRuleCommand, PutTargetsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand, QueueDoesNotExist, ReceiveMessageCommand, SendMessageBatchCommand,
  SendMessageCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const events = new EventBridgeClient({ maxAttempts: 1 });
const sqs = new SQSClient({ maxAttempts: 1 }); // checks every MD5 by itself
const account = process.env.AWS_ACCESS_KEY_ID;

async function queue(name, attributes = {}) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { url: QueueUrl, arn: Attributes.QueueArn };
}

test('the access key is the account', async () => {
  const identity = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Account, account);
});

test('an event is put, matched, shaped and received', async () => {
  const jobs = await queue('js-jobs');
  await events.send(new CreateEventBusCommand({ Name: 'js' }));
  await events.send(new PutRuleCommand({ Name: 'r', EventBusName: 'js', EventPattern: JSON.stringify({ source: ['custom.js'] }) }));
  const put = await events.send(new PutTargetsCommand({
    Rule: 'r', EventBusName: 'js',
    Targets: [{ Id: 'whole', Arn: jobs.arn }, { Id: 'part', Arn: jobs.arn, InputPath: '$.detail.key' }],
  }));
  assert.equal(put.FailedEntryCount, 0);
  const time = new Date('2026-01-02T03:04:05.678Z'); // travels as a number with a fraction
  const { Entries, FailedEntryCount } = await events.send(new PutEventsCommand({
    Entries: [{ Source: 'custom.js', DetailType: 'Thing Done', Detail: JSON.stringify({ key: 'a/b' }), EventBusName: 'js', Time: time },
      { Source: 'aws.js', DetailType: 'x', Detail: '{}' }],
  }));
  assert.equal(FailedEntryCount, 1);
  assert.equal(Entries[1].ErrorCode, 'NotAuthorizedForSourceException');
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: jobs.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }));
  const bodies = Messages.map(({ Body }) => Body);
  assert.equal(bodies.length, 2);
  assert.ok(bodies.includes('"a/b"'));
  const event = JSON.parse(bodies.find((body) => body.startsWith('{')));
  assert.equal(event.id, Entries[0].EventId);
  assert.equal(event.time, '2026-01-02T03:04:05Z');
  assert.equal(event.account, account);
});

test('modelled errors arrive as their classes', async () => {
  await assert.rejects(events.send(new DescribeEventBusCommand({ Name: 'none' })), (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.equal(error.message, 'Event bus none does not exist.');
    assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return error.$metadata.httpStatusCode === 400;
  });
  await assert.rejects(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' })), (error) => error instanceof QueueDoesNotExist);
});

test('pages join to the whole', async () => {
  for (let number = 0; number < 7; number += 1) {
    await events.send(new PutRuleCommand({ Name: `page-${number}`, EventPattern: '{"source":["x"]}' }));
  }
  const names = [];
  let NextToken;
  do {
    const page = await events.send(new ListRulesCommand({ NamePrefix: 'page-', Limit: 3, NextToken }));
    assert.ok(page.Rules.length <= 3);
    names.push(...page.Rules.map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(names, [0, 1, 2, 3, 4, 5, 6].map((number) => `page-${number}`));
  assert.equal((await events.send(new ListRulesCommand({ NamePrefix: 'none' }))).Rules.length, 0);
});

test('messages of a FIFO queue keep order and attributes', async () => {
  const fifo = await queue('js.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  await sqs.send(new SendMessageCommand({
    QueueUrl: fifo.url, MessageBody: 'first', MessageGroupId: 'g',
    MessageAttributes: { binary: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) }, text: { DataType: 'String', StringValue: 'ü' } },
  }));
  await sqs.send(new SendMessageBatchCommand({
    QueueUrl: fifo.url, Entries: ['second', 'third'].map((body) => ({ Id: body, MessageBody: body, MessageGroupId: 'g' })),
  }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({
    QueueUrl: fifo.url, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'],
  }));
  assert.deepEqual(Messages.map(({ Body }) => Body), ['first', 'second', 'third']);
  assert.deepEqual([...Messages[0].MessageAttributes.binary.BinaryValue], [0, 255]);
  assert.equal(Messages[0].Attributes.MessageGroupId, 'g');
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl: fifo.url, ReceiptHandle }));
});

test('a long poll is woken', async () => {
  const { url } = await queue('js-wait');
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }));
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'wake' }));
  assert.equal((await waiting).Messages[0].Body, 'wake');
});
