import { expect, it } from 'vitest'
import { networkHere } from './networkHere'

it('takes the /24 of a private address, and nothing from a name or the machine itself', () => {
  expect(['192.168.7.20', '10.1.2.3', '172.16.0.9', '172.32.0.9', '127.0.0.1', '8.8.8.8', 'localhost', 'noc.example.net'].map(networkHere))
    .toEqual(['192.168.7.0/24', '10.1.2.0/24', '172.16.0.0/24', null, null, null, null, null])
})
