// A monthly budget of this resource group. It stops nothing; it tells in time.

param name string

@description('Per month, in the billing currency of the subscription.')
@minValue(1)
param amount int

@description('First day of the first month.')
param startDate string

@description('Shares of the amount at which mail is sent, in percent.')
param thresholds array

@description('Mail addresses; owners of the resource group hear of it anyway.')
param mail array

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: startDate
    }
    notifications: toObject(thresholds, threshold => 'above-${threshold}', threshold => {
      enabled: true
      operator: 'GreaterThanOrEqualTo'
      threshold: threshold
      thresholdType: 'Actual'
      contactEmails: mail
      contactRoles: [
        'Owner'
      ]
    })
  }
}
