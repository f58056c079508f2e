// @segment/analytics-node: every call once, and a user whose id is a number.
import { Analytics } from '@segment/analytics-node'

const [url, key] = process.argv.slice(2)
const client = new Analytics({ writeKey: key, host: url, maxRetries: 0 })
const failed = []
client.on('error', (error) => failed.push(error))
client.identify({ userId: 'u-1', traits: { email: 'Ada@Example.org', title: 'Trader' } })
client.group({ userId: 'u-1', groupId: 'acct-1', traits: { name: 'Acme', mrr: 500, plan: 'pro' } })
client.track({ userId: 'u-1', event: 'feature_used', properties: { feature: 'swap' }, context: { groupId: 'acct-1' } })
client.track({ userId: 'u-1', event: 'Signed In' })
client.page({ userId: 'u-1', category: 'Docs', name: 'Pricing', properties: { path: '/docs/pricing' } })
client.screen({ anonymousId: 'anon-1', name: 'Home' })
client.alias({ previousId: 'anon-1', userId: 'u-1' })
client.track({ userId: '42', event: 'Order Completed', properties: { amount: 12.5 } })
await client.closeAndFlush({ timeout: 20000 })
if (failed.length) {
  console.error('not delivered:', failed)
  process.exit(1)
}
console.log(8)
