// @rudderstack/rudder-sdk-node: every call once, and a user whose id is a number.
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const [url, key, ...options] = process.argv.slice(2)
const client = new RudderAnalytics(key, { dataPlaneUrl: url, gzip: options.includes('gzip'), flushAt: 100 })
client.identify({ userId: 'u-1', traits: { email: 'Ada@Example.org', title: 'Trader' } })
client.group({ userId: 'u-1', groupId: 'acct-1', traits: { name: 'Acme', mrr: 500, plan: 'pro' } })
client.track({ userId: 'u-1', event: 'feature_used', properties: { feature: 'swap' }, context: { groupId: 'acct-1' } })
client.track({ userId: 'u-1', event: 'Signed In' })
client.page({ userId: 'u-1', category: 'Docs', name: 'Pricing', properties: { path: '/docs/pricing' } })
client.screen({ anonymousId: 'anon-1', name: 'Home' })
client.alias({ previousId: 'anon-1', userId: 'u-1' })
client.track({ userId: 42, event: 'Order Completed', properties: { amount: 12.5 } })
const error = await new Promise((resolve) => client.flush(resolve))
if (error) {
  console.error('not delivered:', error)
  process.exit(1)
}
console.log(8)
process.exit(0)
