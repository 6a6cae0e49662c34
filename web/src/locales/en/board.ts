export default {
  title: 'Live board',
}
